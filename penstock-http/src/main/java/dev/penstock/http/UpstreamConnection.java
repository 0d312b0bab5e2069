package dev.penstock.http;

import io.vertx.core.Future;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.RequestOptions;

/**
 * One open connection, lent for one call: whoever took it gives it back or drops it, once. Owned by one event loop.
 */
public final class UpstreamConnection {
    private final UpstreamConnections owner;
    private final HttpClientConnection http;
    private boolean lent = true;
    private boolean closed;
    private int calls;
    private long idleSinceNanos;

    UpstreamConnection(UpstreamConnections owner, HttpClientConnection http) {
        this.owner = owner;
        this.http = http;
    }

    /** Begins the call. Fails, before anything was sent, if the connection has been closed. */
    public Future<HttpClientRequest> request(RequestOptions target) {
        calls++;
        return http.request(target);
    }

    /** Whether it carried a call before this one: then the server may close it just as the next call is sent. */
    public boolean reused() {
        return calls > 1;
    }

    /** Whether it is closed, by whomever. */
    public boolean closed() {
        return closed;
    }

    /**
     * Gives it back for another call; only after request and answer are complete and if the answer does not ask to close.
     *
     * @throws IllegalStateException if it is not lent
     */
    public void giveBack() {
        end();
        if (closed) {
            owner.gone();
        } else {
            owner.idle(this);
        }
    }

    /**
     * Closes it; the upstream sees that at once.
     *
     * @throws IllegalStateException if it is not lent
     */
    public void drop() {
        end();
        owner.gone();
        close();
    }

    private void end() {
        if (!lent) {
            throw new IllegalStateException("a connection was given back or dropped twice; it can be so only once");
        }
        lent = false;
    }

    void close() {
        http.close().onFailure(alreadyClosed -> {});
    }

    /** The peer or we closed it. */
    void closedNow() {
        closed = true;
    }

    void lend() {
        lent = true;
    }

    void idleSince(long nanos) {
        idleSinceNanos = nanos;
    }

    long idleSinceNanos() {
        return idleSinceNanos;
    }
}
