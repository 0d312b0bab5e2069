package dev.penstock.emulator;

import dev.penstock.time.Ticker;
import io.vertx.core.Vertx;

/** Lets the batches of a twin get on while live requests are served. Runs on the event loop that owns the twin. */
final class BatchDriver {
    /** Small beside what a client can see of a batch. */
    private static final long LOOK_MILLIS = 25;

    /** While there is work left, requests come between. */
    private static final long BREATH_MILLIS = 1;

    private final Vertx vertx;
    private final Twin twin;
    private final Ticker ticker;
    private boolean awake;

    BatchDriver(Vertx vertx, Twin twin, Ticker ticker) {
        this.vertx = vertx;
        this.twin = twin;
        this.ticker = ticker;
    }

    /** There may be a batch now. */
    void wake() {
        if (!awake && !twin.batchesAreOver()) {
            awake = true;
            look();
        }
    }

    private void look() {
        boolean more = twin.sliceOfBatches(ticker.nanos());
        if (twin.batchesAreOver()) {
            awake = false;
            return;
        }
        vertx.setTimer(more ? BREATH_MILLIS : LOOK_MILLIS, ignored -> look());
    }
}
