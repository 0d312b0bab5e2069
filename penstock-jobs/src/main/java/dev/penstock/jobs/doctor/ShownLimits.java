package dev.penstock.jobs.doctor;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitState;
import dev.penstock.limit.Unit;
import dev.penstock.wire.RateLimitHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the limits of an answer as the provider means them. */
final class ShownLimits {
    private static final int MOST_DIGITS = 15;

    private ShownLimits() {}

    static List<LimitState> read(Probe probe, Dialect dialect) {
        List<LimitState> states = RateLimitHeaders.read(probe.lookup());
        return switch (dialect) {
            case GROQ -> states.stream().map(ShownLimits::perDayIfRequests).toList();
            case ANTHROPIC -> states.isEmpty() ? anthropic(probe) : states;
            case OPENROUTER -> states.isEmpty() ? openRouter(probe) : states;
            case OPENAI, AZURE, VLLM, PENSTOCK, UNKNOWN -> states;
        };
    }

    /** Groq's requests are always those of a day, see <a href="https://console.groq.com/docs/rate-limits">its page</a>. */
    private static LimitState perDayIfRequests(LimitState state) {
        return state.dimension().unit() == Unit.REQUESTS
                ? new LimitState(
                        new Limit(Dimension.REQUESTS_PER_DAY, state.limit().amount()),
                        state.remaining(),
                        state.resetIn())
                : state;
    }

    /** Its headers have names of their own and say at what time a limit is whole again. */
    private static List<LimitState> anthropic(Probe probe) {
        List<LimitState> states = new ArrayList<>();
        Map<String, Dimension> dimensions = Map.of(
                "requests", Dimension.REQUESTS_PER_MINUTE,
                "tokens", Dimension.TOKENS_PER_MINUTE);
        for (String name : List.of("requests", "tokens")) {
            String prefix = "anthropic-ratelimit-" + name + "-";
            Optional<Long> limit = number(probe.headers().get(prefix + "limit"));
            Optional<Long> remaining = number(probe.headers().get(prefix + "remaining"));
            Dimension dimension = dimensions.get(name);
            if (limit.isPresent() && remaining.isPresent() && dimension != null) {
                states.add(new LimitState(
                        new Limit(dimension, limit.get()),
                        remaining.get(),
                        until(probe.headers().get(prefix + "reset"), probe.askedAt())));
            }
        }
        return states;
    }

    /** It tells one limit of requests, and its reset as milliseconds since 1970. */
    private static List<LimitState> openRouter(Probe probe) {
        Optional<Long> limit = number(probe.headers().get("x-ratelimit-limit"));
        Optional<Long> remaining = number(probe.headers().get("x-ratelimit-remaining"));
        if (limit.isEmpty() || remaining.isEmpty()) {
            return List.of();
        }
        Optional<Duration> reset = number(probe.headers().get("x-ratelimit-reset"))
                .map(millis -> Duration.between(probe.askedAt(), Instant.ofEpochMilli(millis)))
                .filter(wait -> !wait.isNegative());
        boolean day =
                reset.filter(wait -> wait.compareTo(Duration.ofMinutes(2)) > 0).isPresent();
        Dimension dimension = day ? Dimension.REQUESTS_PER_DAY : Dimension.REQUESTS_PER_MINUTE;
        return List.of(new LimitState(new Limit(dimension, limit.get()), remaining.get(), reset));
    }

    private static Optional<Duration> until(@Nullable String time, Instant from) {
        if (time == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(Duration.between(from, Instant.parse(time))).filter(wait -> !wait.isNegative());
        } catch (DateTimeException notATime) {
            return Optional.empty();
        }
    }

    private static Optional<Long> number(@Nullable String text) {
        return text == null || !text.matches("\\d{1," + MOST_DIGITS + "}")
                ? Optional.empty()
                : Optional.of(Long.parseLong(text));
    }
}
