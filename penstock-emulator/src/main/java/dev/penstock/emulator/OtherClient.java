package dev.penstock.emulator;

import dev.penstock.wire.GoDuration;
import java.time.Duration;

/**
 * Another client of the same account, who takes a share of every limit's rate while he is there. He takes only what is
 * left when he comes for it. Immutable and thread-safe.
 *
 * @param share of the limit's rate, 0 to 1
 * @param on how long he is there before he leaves; longer than zero
 * @param off how long he is away before he comes back; zero when he never leaves
 */
public record OtherClient(double share, Duration on, Duration off) {
    public OtherClient {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException(
                    "the other client's share is " + share + "; it must be between 0 and 1 (0% and 100%)");
        }
        if (!on.isPositive() || off.isNegative()) {
            throw new IllegalArgumentException("the other client is on for " + on + " and off for " + off
                    + "; on must be longer than zero and off must not be negative");
        }
    }

    /** Nobody else. */
    public static OtherClient none() {
        return always(0);
    }

    /** Another client who never leaves. */
    public static OtherClient always(double share) {
        return new OtherClient(share, Duration.ofDays(1), Duration.ZERO);
    }

    /**
     * Reads {@code 50%} or {@code 50%:60s/30s} (there for 60 s, away for 30 s, and again).
     *
     * @throws IllegalArgumentException when it is neither
     */
    public static OtherClient parse(String text) {
        int colon = text.indexOf(':');
        double share = Share.parse(colon < 0 ? text : text.substring(0, colon)).orElseThrow(() -> refusal(text));
        if (colon < 0) {
            return always(share);
        }
        int slash = text.indexOf('/', colon);
        if (slash < 0) {
            throw refusal(text);
        }
        Duration on = GoDuration.parse(text.substring(colon + 1, slash).strip()).orElseThrow(() -> refusal(text));
        Duration off = GoDuration.parse(text.substring(slash + 1).strip()).orElseThrow(() -> refusal(text));
        if (!on.isPositive()) {
            throw refusal(text);
        }
        return new OtherClient(share, on, off);
    }

    private static IllegalArgumentException refusal(String text) {
        return new IllegalArgumentException(
                "the other client is '" + text
                        + "'; it must be SHARE or SHARE:ON/OFF with a share of 0% to 100% and durations, for example 50%:60s/60s");
    }

    /** How much of the time since the start he has been there, in nanoseconds. */
    long presentNanos(long sinceStartNanos) {
        if (off.isZero()) {
            return sinceStartNanos;
        }
        long onNanos = on.toNanos();
        long cycle = onNanos + off.toNanos();
        return sinceStartNanos / cycle * onNanos + Math.min(onNanos, sinceStartNanos % cycle);
    }
}
