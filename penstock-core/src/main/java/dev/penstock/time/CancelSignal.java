package dev.penstock.time;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ends waits early, once and for all who use it. Safe for use by several threads. */
public final class CancelSignal {
    private final CountDownLatch latch = new CountDownLatch(1);

    /** Gives the signal. Giving it again does nothing. */
    public void give() {
        latch.countDown();
    }

    /** Whether the signal was given. */
    public boolean given() {
        return latch.getCount() == 0;
    }

    /**
     * Waits for the signal.
     *
     * @return whether it was given in this time
     */
    boolean await(Duration time) throws InterruptedException {
        return latch.await(TimeUnit.NANOSECONDS.convert(time), TimeUnit.NANOSECONDS);
    }
}
