package dev.penstock.simulator;

import dev.penstock.limit.LimitState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The other side, without a clock. One owner. */
interface Provider {
    /**
     * A call arrives.
     *
     * @return null if it is admitted
     */
    @Nullable
    Refusal arrive(Call call, long nowNanos);

    /** How long an admitted call takes, asked right after it was admitted. */
    default long serviceNanos(Call call) {
        return call.latencyNanos;
    }

    /**
     * An admitted call ends.
     *
     * @return null if it is answered
     */
    @Nullable
    Refusal finish(Call call, long nowNanos);

    /** The limits as the headers of an answer show them now. */
    List<LimitState> shown(long nowNanos);

    /** Whole units that are left of each limit, in the order of the scenario. */
    void levels(long nowNanos, long[] into);
}
