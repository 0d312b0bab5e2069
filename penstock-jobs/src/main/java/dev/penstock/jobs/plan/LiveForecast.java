package dev.penstock.jobs.plan;

import dev.penstock.limit.Limit;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How long live calls take for the rows of one family under some limits: the work beyond what a full bucket lets through at
 * once, at the rate of the limit that takes longest; before it the first call, from whose answer limits are learned, and after
 * it the slowest of the last calls. Rows that a limit can never admit are left out.
 *
 * @param rows that can be sent
 * @param time until the last answer; empty if nothing can be sent or a limit grants nothing
 * @param binding the limit that takes longest; empty where none does
 */
public record LiveForecast(long rows, Optional<Duration> time, Optional<Limit> binding) {
    private static final double NANOS = 1e9;
    /** Of a call's usual time, what 19 of 20 calls do not exceed where times spread as they do at large models. */
    private static final double SLOWEST_OF_THE_LAST = 2.3;

    private static final double MILLIS = 1e3;
    private static final double MOST_SECONDS = Duration.ofDays(36_500).toSeconds();

    /**
     * Foresees.
     *
     * @param limits that hold; without any, the calls in flight decide
     * @param latency of a call
     * @param concurrency calls in flight at most; 1 or more
     */
    public static LiveForecast of(FamilyLoad load, List<Limit> limits, Duration latency, int concurrency) {
        TooLarge beyond = beyond(load, limits);
        long rows = load.rows() - beyond.rows();
        if (rows == 0) {
            return new LiveForecast(0, Optional.empty(), Optional.empty());
        }
        double tokens = (double) load.chargedInput() + load.reserved() - beyond.charge();
        double longest = 0;
        Optional<Limit> binding = Optional.empty();
        for (Limit limit : limits) {
            double work = work(limit, rows, tokens);
            if (work > 0 && limit.amount() == 0) {
                return new LiveForecast(rows, Optional.empty(), Optional.of(limit));
            }
            double seconds = work <= 0 ? 0 : (work - limit.amount()) / limit.perSecond();
            if (seconds > longest) {
                longest = seconds;
                binding = Optional.of(limit);
            }
        }
        double latencySeconds = latency.toNanos() / NANOS;
        double calls = Math.max(0, rows - 1.0) * latencySeconds / concurrency;
        double seconds = Math.max(longest, calls) + besides(latency);
        return new LiveForecast(
                rows,
                Optional.of(Duration.ofMillis(Math.round(Math.min(MOST_SECONDS, seconds) * MILLIS))),
                calls > longest ? Optional.empty() : binding);
    }

    /** Seconds that no limit has to do with. */
    static double besides(Duration latency) {
        return latency.toNanos() / NANOS * (1 + SLOWEST_OF_THE_LAST);
    }

    /** The smallest token limit decides what can never be sent. */
    static TooLarge beyond(FamilyLoad load, List<Limit> limits) {
        return limits.stream().filter(LiveForecast::isOfTokens).mapToLong(Limit::amount).min().stream()
                .mapToObj(load::beyond)
                .findFirst()
                .orElse(new TooLarge(0, 0, List.of(), 0));
    }

    static boolean isOfTokens(Limit limit) {
        return switch (limit.dimension().unit()) {
            case TOKENS -> true;
            case REQUESTS, IMAGES -> false;
        };
    }

    private static double work(Limit limit, long rows, double tokens) {
        return switch (limit.dimension().unit()) {
            case REQUESTS -> rows;
            case TOKENS -> tokens;
            case IMAGES -> 0;
        };
    }
}
