package dev.penstock.gateway.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A client's connection and what it does just now: at most one request at a time. Owned by one event loop. */
final class ClientConnection {
    static final AttributeKey<ClientConnection> KEY = AttributeKey.valueOf("dev.penstock.gateway.connection");

    /** How long a client that was refused in the middle of its body may go on sending before it is closed. */
    private static final Duration LINGER = Duration.ofSeconds(2);

    private final GatewayServer server;
    private final HttpConnection http;
    private final Channel channel;
    private final StrictRequestDecoder decoder;
    private @Nullable Inbound current;
    private boolean closing;
    private boolean served;
    private long quietSinceNanos;
    private long headSinceNanos;
    private boolean headBegun;
    private long unreadMark;
    private long unreadSinceNanos;

    ClientConnection(GatewayServer server, HttpConnection http, Channel channel, StrictRequestDecoder decoder) {
        this.server = server;
        this.http = http;
        this.channel = channel;
        this.decoder = decoder;
        this.quietSinceNanos = server.now();
    }

    /** Whether no further request of this connection is heard. */
    boolean closing() {
        return closing;
    }

    void begin(Inbound inbound) {
        current = inbound;
        served = true;
        headBegun = false;
        server.opened();
    }

    /**
     * The request has its answer, before the last byte of it is written.
     *
     * @param bodyPending whether the client has not sent its body yet
     * @param close whether the connection ends when it has
     */
    void answered(boolean bodyPending, boolean close) {
        server.ended();
        quietSinceNanos = server.now();
        closing = close;
        if (!bodyPending) {
            current = null;
        }
    }

    /** The rest of the body of an answered request has come. */
    void drained(Inbound inbound) {
        if (current == inbound) {
            current = null;
            quietSinceNanos = server.now();
            if (closing) {
                closeWhenSent();
            }
        }
    }

    void closed() {
        Inbound left = current;
        current = null;
        if (left != null) {
            left.connectionClosed();
        }
    }

    void ended() {
        server.ended();
    }

    long now() {
        return server.now();
    }

    /** Closes after what was written has been sent. */
    void closeWhenSent() {
        http.close().onFailure(alreadyClosed -> {});
    }

    /** Past Vert.x, which would first wait until all that was written is sent. */
    void closeNow() {
        channel.unsafe().close(channel.newPromise());
    }

    void flush() {
        channel.flush();
    }

    /** Closes the connection if its client takes longer than it may. */
    void sweep(ServerSettings settings, long now) {
        if (leavesUnread(settings, now)) {
            closeNow();
            return;
        }
        Inbound inbound = current;
        if (inbound == null) {
            if (waitsTooLong(settings, now)) {
                closeNow();
            }
        } else if (inbound.complete()) {
            Duration patience = closing ? LINGER : settings.bodyPatience();
            if (now - quietSinceNanos >= patience.toNanos()) {
                closeNow();
            }
        } else {
            inbound.sweep(settings, now);
        }
    }

    private boolean waitsTooLong(ServerSettings settings, long now) {
        if (!decoder.insideHead()) {
            headBegun = false;
            Duration patience = served ? settings.idlePatience() : settings.headPatience();
            return now - quietSinceNanos >= patience.toNanos();
        }
        if (!headBegun) {
            headBegun = true;
            headSinceNanos = served ? now : quietSinceNanos;
        }
        return now - headSinceNanos >= settings.headPatience().toNanos();
    }

    /** What waits in the socket's queue has not moved for long. */
    private boolean leavesUnread(ServerSettings settings, long now) {
        ChannelOutboundBuffer unsent = channel.unsafe().outboundBuffer();
        if (unsent == null || unsent.isEmpty()) {
            unreadMark = 0;
            return false;
        }
        long mark = 1
                | (long) System.identityHashCode(unsent.current()) << Integer.SIZE
                        ^ unsent.totalPendingWriteBytes() << 1
                        ^ unsent.currentProgress() << 1;
        if (mark != unreadMark) {
            unreadMark = mark;
            unreadSinceNanos = now;
        }
        return now - unreadSinceNanos >= settings.readPatience().toNanos();
    }
}
