package dev.penstock.emulator.limiter;

import dev.penstock.limit.Cost;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Every limit that one request must fit: it takes from all of them or from none. One owner, no locks. */
public final class LimitVector {
    private static final Decision ADMITTED = new Decision.Admitted();

    private final Limiter[] limiters;
    private final @Nullable ConcurrencyCap cap;

    /**
     * A vector over limiters that nobody else takes from.
     *
     * @param cap a cap that several vectors may share, or null
     */
    public LimitVector(List<Limiter> limiters, @Nullable ConcurrencyCap cap) {
        this.limiters = limiters.toArray(Limiter[]::new);
        this.cap = cap;
    }

    /** The limits, in the order given. */
    public List<Limiter> limiters() {
        return List.of(limiters);
    }

    /**
     * Takes {@code cost} from every limit if all of them have room, else nothing. Of several limits without room the
     * one with the longest wait is named, as only that wait helps.
     */
    public Decision admit(Cost cost, long nowNanos) {
        Limiter longest = null;
        long longestNanos = 0;
        for (Limiter limiter : limiters) {
            long amount = amountOf(cost, limiter);
            if (!limiter.everFits(amount)) {
                return new Decision.TooLarge(limiter, amount);
            }
            long nanos = limiter.fits(amount, nowNanos) ? 0 : limiter.nanosUntilFits(amount, nowNanos);
            if (nanos > longestNanos) {
                longest = limiter;
                longestNanos = nanos;
            }
        }
        if (longest != null) {
            long amount = amountOf(cost, longest);
            return new Decision.Exhausted(
                    longest, longest.used(nowNanos), amount, longest.statedWait(amount, nowNanos));
        }
        if (cap != null) {
            if (!cap.hasRoom()) {
                return new Decision.Busy(cap);
            }
            cap.enter();
        }
        for (Limiter limiter : limiters) {
            limiter.take(amountOf(cost, limiter), nowNanos);
        }
        return ADMITTED;
    }

    private static long amountOf(Cost cost, Limiter limiter) {
        return cost.of(limiter.limit().dimension().unit());
    }

    /** What became of a request. */
    public sealed interface Decision {
        /** All limits had room and were charged; the concurrency cap, if any, was entered. */
        record Admitted() implements Decision {}

        /** One limit is smaller than the request; it never fits. */
        record TooLarge(Limiter limiter, long requested) implements Decision {}

        /**
         * A limit has no room now.
         *
         * @param used whole units in use
         * @param statedWait what the provider says
         */
        record Exhausted(Limiter limiter, long used, long requested, Duration statedWait) implements Decision {}

        /** Too many requests are in flight. */
        record Busy(ConcurrencyCap cap) implements Decision {}
    }
}
