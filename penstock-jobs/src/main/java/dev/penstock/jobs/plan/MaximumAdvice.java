package dev.penstock.jobs.plan;

import dev.penstock.limit.Limit;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a maximum of output tokens costs in time, because it is taken from the token limits whatever is generated.
 *
 * @param freeMaximum the greatest maximum of each answer with which tokens take no longer than the other limits; 0 if not even
 *     the input fits in that time
 * @param time with the maximum that the rows have
 * @param timeWithFree with that one
 * @param ampleMaximum a maximum that answers are likely to keep; 0 if that is no less than the one they have
 * @param timeWithAmple with that one
 */
public record MaximumAdvice(
        long freeMaximum, Duration time, Duration timeWithFree, long ampleMaximum, Duration timeWithAmple) {
    private static final long STEP = 16;

    /**
     * Looks at the rows of a family whose requests set a maximum.
     *
     * @param ample a maximum that answers are likely to keep
     * @return what a smaller one would win; empty if the limits make none necessary
     */
    static Optional<MaximumAdvice> of(
            FamilyLoad load, List<Limit> limits, Duration latency, int concurrency, long ample) {
        long bounded = load.answers() - load.answersWithoutMaximum();
        LiveForecast now = LiveForecast.of(load, limits, latency, concurrency);
        if (bounded == 0
                || now.time().isEmpty()
                || now.binding().filter(LiveForecast::isOfTokens).isEmpty()) {
            return Optional.empty();
        }
        List<Limit> others =
                limits.stream().filter(limit -> !LiveForecast.isOfTokens(limit)).toList();
        Duration without =
                LiveForecast.of(load, others, latency, concurrency).time().orElse(Duration.ZERO);
        double seconds = Math.max(0, without.toMillis() / 1e3 - LiveForecast.besides(latency));
        double inputs = (double) load.chargedInput() + load.reserved() - load.reservedWithMaximum();
        OptionalLong room = limits.stream()
                .filter(LiveForecast::isOfTokens)
                .mapToLong(limit -> (long) ((limit.amount() + seconds * limit.perSecond() - inputs) / bounded))
                .min();
        long free = Math.max(0, room.orElse(0)) / STEP * STEP;
        if (free >= load.mostMaximum()) {
            return Optional.empty();
        }
        Duration then = LiveForecast.of(withMaximum(load, free), limits, latency, concurrency)
                .time()
                .orElse(without);
        boolean helps = ample < load.mostMaximum();
        Duration withAmple = helps
                ? LiveForecast.of(withMaximum(load, ample), limits, latency, concurrency)
                        .time()
                        .orElse(without)
                : now.time().get();
        return Optional.of(new MaximumAdvice(free, now.time().get(), then, helps ? ample : 0, withAmple));
    }

    private static FamilyLoad withMaximum(FamilyLoad load, long maximum) {
        long bounded = load.answers() - load.answersWithoutMaximum();
        long reserved = load.reserved() - load.reservedWithMaximum();
        double set = Math.min((double) bounded * maximum, Long.MAX_VALUE / 4.0);
        return new FamilyLoad(
                load.family(),
                load.rows(),
                load.inputTokens(),
                load.chargedInput(),
                Sums.plus(reserved, (long) set),
                load.expectedOutput(),
                load.answers(),
                load.answersWithoutMaximum(),
                (long) set,
                maximum,
                maximum,
                load.shortest(),
                load.median(),
                load.longest(),
                load.distribution(),
                maximum < load.mostMaximum() ? List.of() : load.tooLarge());
    }
}
