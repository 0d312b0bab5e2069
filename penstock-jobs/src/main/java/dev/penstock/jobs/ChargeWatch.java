package dev.penstock.jobs;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.LimitState;
import dev.penstock.limit.Unit;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.CostCalibration;
import dev.penstock.wire.CostEstimator;
import dev.penstock.wire.RequestFacts;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Learns how many tokens the provider really charges for what we estimate. Only requests that left before the first
 * answer came tell it cleanly: later the provider may already have given back what answers did not use, and the remainder
 * falls by less than was charged. A refusal that names the tokens it was asked for tells it exactly at any time. Owned by
 * the dispatcher's driver; one for each quota.
 */
final class ChargeWatch {
    private static final int MIN_REQUESTS_BETWEEN = 4;

    private final CostCalibration calibration;
    private long sent;
    private long estimatedInput;
    private long reservedOutput;
    private boolean anyAnswered;
    private @Nullable Sample first;

    /**
     * What had been sent in all when a request left, that request included.
     *
     * @param undisturbed whether nothing had been answered yet
     */
    record Mark(long sent, long estimatedInput, long reservedOutput, long atNanos, boolean undisturbed) {}

    private record Sample(Mark mark, long remaining) {}

    ChargeWatch(CostCalibration calibration) {
        this.calibration = calibration;
    }

    /** Notes a request that leaves now. */
    Mark sent(RequestFacts facts, long now) {
        sent++;
        estimatedInput += CostEstimator.estimatedInputTokens(facts);
        reservedOutput += CostEstimator.reservedOutputTokens(facts);
        return new Mark(sent, estimatedInput, reservedOutput, now, !anyAnswered);
    }

    /** Takes the answer to a request. */
    void answered(RequestFacts facts, Mark mark, AnswerReading reading) {
        if (reading.verdict() instanceof Verdict.Throttled throttled) {
            boolean tokens =
                    throttled.exceeded().dimension().map(Dimension::unit).equals(Optional.of(Unit.TOKENS));
            if (tokens && throttled.exceeded().requested().isPresent()) {
                calibration.observeRequested(
                        facts, throttled.exceeded().requested().getAsLong());
            }
            return;
        }
        anyAnswered = true;
        if (!mark.undisturbed()) {
            return;
        }
        for (LimitState state : reading.states()) {
            if (state.dimension().equals(Dimension.TOKENS_PER_MINUTE)) {
                compare(
                        facts.model(),
                        new Sample(mark, state.remaining()),
                        state.limit().perSecond() / 1e9);
            }
        }
    }

    private void compare(String model, Sample sample, double refillPerNano) {
        if (first == null) {
            first = sample;
            return;
        }
        boolean later = sample.mark.sent > first.mark.sent;
        Sample from = later ? first : sample;
        Sample to = later ? sample : first;
        if (to.mark.sent - from.mark.sent < MIN_REQUESTS_BETWEEN) {
            return;
        }
        double refill = refillPerNano * (to.mark.atNanos - from.mark.atNanos);
        double charged = from.remaining - to.remaining + refill;
        long output = to.mark.reservedOutput - from.mark.reservedOutput;
        calibration.observe(model, to.mark.estimatedInput - from.mark.estimatedInput, Math.round(charged - output));
    }
}
