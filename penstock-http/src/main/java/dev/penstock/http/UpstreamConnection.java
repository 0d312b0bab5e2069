package dev.penstock.http;

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
        http.close().onFailure(alreadyClosed -> {});
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
