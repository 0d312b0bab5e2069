package dev.penstock.emulator.limiter;

import dev.penstock.limit.Limit;
import java.time.Duration;

/** A count that starts again at zero at fixed times, one window apart. Twice the limit passes around such a time. */
public final class FixedWindow implements Limiter {
    private final Limit limit;
    private final long windowNanos;
    private long startedNanos;
    private long lastNanos;
    private long count;

    /**
     * An empty window.
     *
     * @param phase how long after {@code nowNanos} a window starts; any length, only its rest modulo the window counts
     */
    public FixedWindow(Limit limit, Duration phase, long nowNanos) {
        this.limit = limit;
        this.windowNanos = limit.dimension().window().toNanos();
        long offset = Math.floorMod(phase.toNanos(), windowNanos);
        this.startedNanos = offset == 0 ? nowNanos : nowNanos + offset - windowNanos;
        this.lastNanos = nowNanos;
    }

    @Override
    public Limit limit() {
        return limit;
    }

    @Override
    public boolean fits(long amount, long nowNanos) {
        advance(nowNanos);
        return count + amount <= limit.amount();
    }

    @Override
    public void take(long amount, long nowNanos) {
        advance(nowNanos);
        count += amount;
    }

    @Override
    public void giveBack(long amount, long takenAtNanos, long nowNanos) {
        advance(nowNanos);
        if (takenAtNanos - startedNanos >= 0) {
            count = Math.max(0, count - amount);
        }
    }

    @Override
    public long used(long nowNanos) {
        advance(nowNanos);
        return count;
    }

    @Override
    public long remaining(long nowNanos) {
        return limit.amount() - used(nowNanos);
    }

    @Override
    public long nanosUntilFits(long amount, long nowNanos) {
        if (fits(amount, nowNanos)) {
            return 0;
        }
        return everFits(amount) ? untilNextWindow() : Long.MAX_VALUE;
    }

    @Override
    public Duration statedWait(long amount, long nowNanos) {
        return Duration.ofMillis(Math.ceilDiv(nanosUntilFits(amount, nowNanos), 1_000_000L));
    }

    @Override
    public Duration statedReset(long nowNanos) {
        return used(nowNanos) <= 0 ? Duration.ZERO : Duration.ofMillis(untilNextWindow() / 1_000_000);
    }

    private long untilNextWindow() {
        return startedNanos + windowNanos - lastNanos;
    }

    private void advance(long nowNanos) {
        if (nowNanos - lastNanos > 0) {
            lastNanos = nowNanos;
        }
        long elapsed = lastNanos - startedNanos;
        if (elapsed >= windowNanos) {
            startedNanos += elapsed / windowNanos * windowNanos;
            count = 0;
        }
    }
}
