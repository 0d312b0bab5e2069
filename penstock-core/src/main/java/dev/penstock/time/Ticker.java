package dev.penstock.time;

/**
 * Monotonic time. Values have an arbitrary origin, may be negative and may wrap around: compare with {@code a - b < 0},
 * never with {@code a < b}. Implementations are safe for use by several threads.
 */
@FunctionalInterface
public interface Ticker {
    /** Nanoseconds since an arbitrary origin. */
    long nanos();

    /** The machine's monotonic clock. The only place in the project that reads it. */
    static Ticker system() {
        return System::nanoTime;
    }
}
