package dev.penstock.emulator;

import dev.penstock.time.Ticker;
import io.netty.channel.ChannelOption;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;

/** One admitted request: hands its answer out over its latency, or breaks it, and settles its ticket. */
final class Answering {
    /** Events that fall due within this time are written together: a timer for each would cost more than it shows. */
    private static final long TICK_MILLIS = 20;

    /** Lets what was written reach the client before the connection is reset. */
    private static final long BEFORE_RESET_MILLIS = 10;

    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Vertx vertx;
    private final Twin twin;
    private final Ticker ticker;
    private final HttpConnection connection;
    private final HttpServerResponse response;
    private final Arrival.Admitted admitted;
    private final long arrivedNanos;
    private int eventsWritten;

    Answering(Vertx vertx, Twin twin, Ticker ticker, HttpServerRequest request, Arrival.Admitted admitted) {
        this.vertx = vertx;
        this.twin = twin;
        this.ticker = ticker;
        this.connection = request.connection();
        this.response = request.response();
        this.admitted = admitted;
        this.arrivedNanos = ticker.nanos();
    }

    void start() {
        response.closeHandler(ignored -> hungUp());
        response.exceptionHandler(ignored -> hungUp());
        if (response.closed()) {
            hungUp();
            return;
        }
        switch (admitted.outcome()) {
            case Outcome.Answer answer -> answer();
            case Outcome.Broken broken -> {
                switch (broken.fault()) {
                    case SERVER_ERROR, OVERLOADED, BARE_429, CUT, STREAM_429, STREAM_429_FIRST -> answer();
                    case RESET_BEFORE -> at(admitted.latency().toNanos(), this::reset);
                    case RESET_IN_BODY -> at(admitted.latency().toNanos(), this::half);
                    // Nothing ever comes; the client's leaving releases the ticket.
                    case HANG -> {}
                }
            }
        }
    }

    private void answer() {
        if (admitted.isStream()) {
            at(admitted.firstEvent().toNanos(), this::firstEvents);
        } else {
            at(admitted.latency().toNanos(), this::whole);
        }
    }

    private void whole() {
        finished();
        RequestHandler.send(response, admitted.status(), admitted.headers(), admitted.body());
    }

    private void firstEvents() {
        RequestHandler.head(response, admitted.status(), admitted.headers());
        response.setChunked(true);
        events();
    }

    private void events() {
        int[] ends = admitted.eventEnds();
        int due = dueEvents();
        int from = eventsWritten == 0 ? 0 : ends[eventsWritten - 1];
        Buffer piece = Buffer.buffer().appendBytes(admitted.body(), from, ends[due - 1] - from);
        eventsWritten = due;
        if (due == ends.length) {
            finished();
            response.end(piece).onFailure(ignored -> {});
            return;
        }
        response.write(piece).onFailure(ignored -> hungUp());
        vertx.setTimer(nextEventMillis(), ignored -> ifThere(this::events));
    }

    /** Events are spread evenly between the first and the end; called when one more than before is due. */
    private int dueEvents() {
        int count = admitted.eventEnds().length;
        long span = span();
        long sinceFirst = sinceFirst();
        long due = span <= 0 || sinceFirst >= span ? count : 1 + (count - 1) * Math.max(0, sinceFirst) / span;
        return (int) Math.min(count, Math.max(due, eventsWritten + 1));
    }

    /** Until the first that was not written; those of the same tick go together. */
    private long nextEventMillis() {
        long at = span() * eventsWritten / (admitted.eventEnds().length - 1);
        return Math.max(TICK_MILLIS, Math.ceilDiv(at - sinceFirst(), NANOS_PER_MILLI));
    }

    private long span() {
        return admitted.latency().toNanos() - admitted.firstEvent().toNanos();
    }

    private long sinceFirst() {
        return ticker.nanos() - arrivedNanos - admitted.firstEvent().toNanos();
    }

    private void half() {
        RequestHandler.head(response, admitted.status(), admitted.headers());
        if (admitted.isStream()) {
            response.setChunked(true);
        } else {
            response.putHeader("content-length", Integer.toString(admitted.body().length));
        }
        Buffer half = Buffer.buffer().appendBytes(admitted.body(), 0, admitted.body().length / 2);
        response.write(half).onFailure(ignored -> hungUp());
        vertx.setTimer(BEFORE_RESET_MILLIS, ignored -> ifThere(this::reset));
    }

    private void reset() {
        finished();
        if (connection instanceof ConnectionBase base) {
            // Without lingering, closing sends a reset instead of an orderly end.
            base.channel().config().setOption(ChannelOption.SO_LINGER, 0);
        }
        connection.close().onFailure(ignored -> {});
    }

    private void at(long sinceArrivalNanos, Runnable step) {
        long millis = Math.ceilDiv(sinceArrivalNanos, NANOS_PER_MILLI);
        if (millis == 0) {
            step.run();
        } else {
            vertx.setTimer(millis, ignored -> ifThere(step));
        }
    }

    private void ifThere(Runnable step) {
        // A reset that was seen only by a failed write does not always reach the close handler.
        if (response.closed() || response.ended()) {
            hungUp();
        } else {
            step.run();
        }
    }

    private void finished() {
        twin.finished(admitted.ticket(), ticker.nanos());
    }

    private void hungUp() {
        twin.hungUp(admitted.ticket(), ticker.nanos());
    }
}
