package dev.penstock.http;

import io.netty.channel.Channel;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;

/**
 * One open connection, lent for one call: whoever took it gives it back or drops it, once. A connection that is closed, by
 * either side, is no longer lent. Owned by one event loop.
 */
public final class UpstreamConnection {
    private final UpstreamConnections owner;
    private final HttpClientConnection http;
    private final Channel channel;
    private boolean lent = true;
    private boolean closed;
    private int calls;
    private long idleSinceNanos;

    UpstreamConnection(UpstreamConnections owner, HttpClientConnection http, Channel channel) {
        this.owner = owner;
        this.http = http;
        this.channel = channel;
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
     * Ends the loan after a complete answer: the connection is kept for another call if HTTP allows that.
     *
     * @param sent whether the whole request was written
     * @throws IllegalStateException if it is open and not lent
     */
    public void finished(HttpClientResponse response, boolean sent) {
        if (sent && response.version() == HttpVersion.HTTP_1_1 && !saysClose(response)) {
            giveBack();
        } else {
            drop();
        }
    }

    /**
     * Stops or goes on reading from the socket. What was read before still arrives, up to a few pieces. Better than pausing
     * the answer, which loses what is held back when the server closes after its last byte.
     */
    public void reading(boolean on) {
        channel.config().setAutoRead(on);
    }

    private static boolean saysClose(HttpClientResponse response) {
        for (String value : response.headers().getAll(HttpHeaders.CONNECTION)) {
            for (String option : value.split(",", -1)) {
                if (option.strip().equalsIgnoreCase("close")) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * Gives it back unused, or after a call of which nothing is under way any more. Nothing happens if it is closed.
     *
     * @throws IllegalStateException if it is open and not lent
     */
    public void giveBack() {
        if (endLoan()) {
            reading(true);
            owner.idle(this);
        }
    }

    /**
     * Closes it; the upstream sees that at once. Nothing happens if it is closed.
     *
     * @throws IllegalStateException if it is open and not lent
     */
    public void drop() {
        if (endLoan()) {
            close();
        }
    }

    private boolean endLoan() {
        if (closed) {
            return false;
        }
        if (!lent) {
            throw new IllegalStateException("a connection was given back or dropped twice; it can be so only once");
        }
        lent = false;
        owner.loanEnded();
        return true;
    }

    void close() {
        closed = true;
        // Past Vert.x, which would first wait until all that was written is sent.
        channel.unsafe().close(channel.newPromise());
    }

    /** The peer or we closed it, which ends the loan as well. */
    void closedNow() {
        closed = true;
        if (lent) {
            lent = false;
            owner.loanEnded();
        }
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
