package dev.penstock.emulator.limiter;

/** How many requests may be in work at a time. Not safe for use by several threads. */
public final class ConcurrencyCap {
    private final int most;
    private int inFlight;

    /**
     * A cap with nothing in flight.
     *
     * @param most 1 or more
     */
    public ConcurrencyCap(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("concurrency cap is " + most + "; it must be 1 or more");
        }
        this.most = most;
    }

    public int most() {
        return most;
    }

    public int inFlight() {
        return inFlight;
    }

    public boolean hasRoom() {
        return inFlight < most;
    }

    void enter() {
        inFlight++;
    }

    /**
     * One request is done.
     *
     * @throws IllegalStateException when none was in flight
     */
    public void leave() {
        if (inFlight == 0) {
            throw new IllegalStateException("nothing is in flight; every admitted request leaves exactly once");
        }
        inFlight--;
    }
}
