package dev.penstock.gateway.transport;

import dev.penstock.http.UpstreamConnections;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One attempt at an upstream. After the head the caller chooses what to wait for ({@link #collect}, {@link #firstEvent} or
 * nothing) and then passes the answer on, drops it, or cancels. Nothing is read from the upstream while nothing is chosen.
 *
 * <p>The listener hears of exactly one end: {@link Listener#failed}, {@link Listener#passedOn}, or that
 * {@link #collect} has it whole; none after {@link #cancel}. Owned by one event loop.
 */
public final class UpstreamCall {
    /** Hears how the call goes, on the event loop. */
    public interface Listener {
        /** The head has come. Choose what to do, now or later. */
        void head(AnswerHead head);

        /** The call broke; it is over. May come at any time after {@link #send} was called, also before it returns. */
        void failed(CallFailure failure);

        /** The last byte was handed to the client's connection; the call is over, and so is the client's request. */
        void passedOn();
    }

    public UpstreamCall(UpstreamConnections connections, OutboundRequest request, Listener listener) {}

    /** Sends it; once. */
    public void send() {
        throw new UnsupportedOperationException();
    }

    /**
     * Waits for the whole body; once, after the head.
     *
     * @param mostBytes from which length on to give up and stream
     */
    public void collect(int mostBytes, Consumer<Collected> then) {
        throw new UnsupportedOperationException();
    }

    /** Waits for the first complete event of a stream, for at most 256 KiB; once, after the head. */
    public void firstEvent(Consumer<FirstEvent> then) {
        throw new UnsupportedOperationException();
    }

    /**
     * Passes the answer on: head, what has been kept, and the rest as it comes, each piece at once. If the client leaves,
     * the call is cancelled before {@link Inbound#onGone} is called. If the upstream dies, the client is cut off.
     *
     * @param added further headers for the client
     * @param tap sees each piece of the body, which it must not keep
     */
    public void passOn(Inbound to, Map<String, String> added, Consumer<Buffer> tap) {
        throw new UnsupportedOperationException();
    }

    /** Ends the call, whatever it does: the upstream sees its connection closed. Harmless when the call is over. */
    public void cancel() {
        throw new UnsupportedOperationException();
    }

    /** Whether it has ended, in whatever way. */
    public boolean over() {
        throw new UnsupportedOperationException();
    }
}
