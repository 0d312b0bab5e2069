package dev.penstock.jobs;

import dev.penstock.time.Ticker;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpConnectOptions;
import java.time.Duration;
import java.util.ArrayDeque;

/**
 * Open connections to one upstream, each for one call at a time. The one that was used last is used next, so that a
 * calmer phase lets the others end. A pool of thousands that is searched for a free connection on each call costs more
 * than the call itself; here both taking and giving back take the same short time however many there are. Owned by one
 * event loop.
 */
final class ApiConnections {
    /** Shorter than servers wait: a call on a connection that the server is about to close would be lost. */
    private static final Duration IDLE = Duration.ofSeconds(15);

    private static final int MOST_OPENING = 64;

    private static final long SWEEP_MILLIS = 2_000;

    private final HttpClientAgent http;
    private final HttpConnectOptions target;
    private final Ticker ticker;
    private final Runnable opened;
    private final ArrayDeque<Idle> idle = new ArrayDeque<>();
    private int opening;

    private record Idle(HttpClientConnection connection, long since) {}

    /**
     * @param opened called when a connection has been opened or could not be
     */
    ApiConnections(Vertx vertx, HttpClientAgent http, HttpConnectOptions target, Ticker ticker, Runnable opened) {
        this.http = http;
        this.target = target;
        this.ticker = ticker;
        this.opened = opened;
        long unused = vertx.setPeriodic(SWEEP_MILLIS, tick -> closeOld());
    }

    /** A connection for one call; {@link #giveBack} it if it can carry another one. */
    Future<HttpClientConnection> take() {
        Idle last = idle.pollLast();
        if (last != null) {
            return Future.succeededFuture(last.connection());
        }
        opening++;
        return http.connect(target)
                .onSuccess(connection -> {
                    connection.closeHandler(closed -> forget(connection));
                    // Each call hears of its own end; without this, Vert.x logs every lost connection as an error.
                    connection.exceptionHandler(lost -> {});
                })
                .onComplete(done -> {
                    opening--;
                    opened.run();
                });
    }

    /**
     * Whether so many connections are being opened that a further call would not leave soon. A call that waits here would
     * overtake or be overtaken by others, and what answers say of the quota could no longer be put in order.
     */
    boolean crowded() {
        return opening >= MOST_OPENING;
    }

    void giveBack(HttpClientConnection connection) {
        idle.addLast(new Idle(connection, ticker.nanos()));
    }

    private void forget(HttpClientConnection connection) {
        boolean unused = idle.removeIf(candidate -> candidate.connection() == connection);
    }

    private void closeOld() {
        long now = ticker.nanos();
        while (!idle.isEmpty() && now - idle.peekFirst().since() >= IDLE.toNanos()) {
            idle.removeFirst().connection().close().onFailure(alreadyClosed -> {});
        }
    }
}
