package dev.penstock.jobs;

import dev.penstock.wire.AnswerReading;
import dev.penstock.wire.HeaderLookup;
import io.vertx.core.http.HttpClientRequest;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** One call of the API on its way. Owned by the event loop. */
final class ApiCall {
    private final Flight<PendingRow> flight;
    private final long deadlineNanos;

    /** Absent until there is a connection. */
    @Nullable
    HttpClientRequest request;

    /** Whether nobody waits for it any more: it was settled, or given up. */
    boolean over;

    ApiCall(Flight<PendingRow> flight, long deadlineNanos) {
        this.flight = flight;
        this.deadlineNanos = deadlineNanos;
    }

    Flight<PendingRow> flight() {
        return flight;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    /** Ends the call for good; closing the connection is how the server hears of it. */
    void giveUp() {
        over = true;
        HttpClientRequest sent = request;
        if (sent != null) {
            sent.reset().onFailure(alreadyClosed -> {});
        }
    }

    /**
     * What came back.
     *
     * @param status empty if nothing came whole
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Answer(AnswerReading reading, OptionalInt status, HeaderLookup headers, byte[] body) {}
}
