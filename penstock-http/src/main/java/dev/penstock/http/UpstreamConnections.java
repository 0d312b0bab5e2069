package dev.penstock.http;

import dev.penstock.time.Ticker;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.CleanableHttpClient;
import io.vertx.core.http.impl.HttpChannelConnector;
import io.vertx.core.http.impl.HttpClientBase;
import io.vertx.core.http.impl.HttpClientConnectionInternal;
import io.vertx.core.http.impl.UnpooledHttpClientConnection;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.ConnectionBase;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import javax.net.ssl.SSLException;

/**
 * HTTP/1.1 connections to one upstream, kept open, each for one call at a time. The one that was used last is used next,
 * so that a calmer phase lets the others end. A pool of thousands that is searched for a free connection on each call
 * costs more than the call itself; here both taking and giving back take the same short time however many there are.
 * Owned by one event loop.
 */
public final class UpstreamConnections {
    /** Shorter than servers wait: a call on a connection that the server is about to close would be lost. */
    private static final Duration IDLE = Duration.ofSeconds(15);

    private static final int MOST_OPENING = 64;
    private static final long SWEEP_MILLIS = 2_000;
    private static final int CONNECT_TIMEOUT_MILLIS = 10_000;
    private static final int MOST_HEADER_BYTES = 64 << 10;

    private final Vertx vertx;
    private final UpstreamAddress address;

    /** Held for as long as this is: Vert.x closes a client that nobody refers to. */
    private final HttpClientAgent http;

    private final HttpChannelConnector connector;
    private final Ticker ticker;
    private final Runnable lessCrowded;
    private final long sweep;
    private final ArrayDeque<UpstreamConnection> idle = new ArrayDeque<>();
    private int opening;
    private int lent;
    private boolean closed;

    /**
     * @param lessCrowded called when {@link #crowded} may have become false
     */
    public UpstreamConnections(Vertx vertx, UpstreamAddress address, Ticker ticker, Runnable lessCrowded) {
        this.vertx = vertx;
        this.address = address;
        this.ticker = ticker;
        this.lessCrowded = lessCrowded;
        this.http = vertx.createHttpClient(new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_1_1)
                .setSsl(address.tls())
                .setVerifyHost(true)
                .setForceSni(true)
                .setKeepAlive(true)
                .setPipelining(false)
                .setTcpNoDelay(true)
                .setConnectTimeout(CONNECT_TIMEOUT_MILLIS)
                .setDecompressionSupported(false)
                .setMaxInitialLineLength(MOST_HEADER_BYTES)
                .setMaxHeaderSize(MOST_HEADER_BYTES)
                .setMaxChunkSize(MOST_HEADER_BYTES));
        this.connector = connector(http, address);
        this.sweep = vertx.setPeriodic(SWEEP_MILLIS, tick -> closeOld());
    }

    public UpstreamAddress address() {
        return address;
    }

    /** A connection for one call; see {@link #connectFailure} if there is none to be had. */
    public Future<UpstreamConnection> take() {
        UpstreamConnection last = idle.pollLast();
        while (last != null && last.closed()) {
            last = idle.pollLast();
        }
        if (last != null) {
            last.lend();
            lent++;
            return Future.succeededFuture(last);
        }
        opening++;
        return connector
                .httpConnect(((VertxInternal) vertx).getOrCreateContext())
                .map(this::opened)
                .onComplete(done -> {
                    opening--;
                    closeClient();
                    lessCrowded.run();
                });
    }

    /**
     * What {@code HttpClient.connect} uses itself. Only this way is the channel to be had, without which a connection to an
     * upstream that has stopped reading could not be closed, and one that is held back would lose what came before its end.
     */
    private static HttpChannelConnector connector(HttpClientAgent http, UpstreamAddress address) {
        HttpClientBase client = (HttpClientBase) ((CleanableHttpClient) http).delegate;
        return new HttpChannelConnector(
                client,
                client.netClient(),
                null,
                null,
                null,
                HttpVersion.HTTP_1_1,
                address.tls(),
                false,
                HostAndPort.create(address.host(), address.port()),
                SocketAddress.inetSocketAddress(address.port(), address.host()),
                false,
                0);
    }

    private UpstreamConnection opened(HttpClientConnectionInternal connection) {
        UpstreamConnection opened = new UpstreamConnection(
                this, new UnpooledHttpClientConnection(connection), ((ConnectionBase) connection).channel());
        connection.evictionHandler(evicted -> {});
        connection.closeHandler(closed -> opened.closedNow());
        // Each call hears of its own end; without this, Vert.x logs every lost connection as an error.
        connection.exceptionHandler(lost -> {});
        lent++;
        return opened;
    }

    /**
     * Whether so many connections are being opened that a further call would not leave soon. A call that waits here would
     * overtake or be overtaken by others, and what answers say of the quota could no longer be put in order.
     */
    public boolean crowded() {
        return opening >= MOST_OPENING;
    }

    /** How many are lent for calls. */
    public int lent() {
        return lent;
    }

    /** How many wait for a call. */
    public int idle() {
        int open = 0;
        for (UpstreamConnection connection : idle) {
            if (!connection.closed()) {
                open++;
            }
        }
        return open;
    }

    /** What became of the attempt to connect, and what to do, for people. */
    public String connectFailure(Throwable cause) {
        String place = address.place();
        String message = String.valueOf(cause.getMessage());
        return switch (cause) {
            case UnknownHostException unknown ->
                "No address is known for " + place + "; check the base URL and the network.";
            case SSLException tls ->
                "The TLS handshake with " + place + " failed (" + message + "); check the base URL and the"
                        + " certificates that this machine trusts.";
            case ConnectException slow
            when message.contains("timed out") ->
                place + " did not take a connection within " + CONNECT_TIMEOUT_MILLIS / 1_000
                        + " s; check the base URL, the network and a firewall.";
            case ConnectException refused
            when message.contains("refused") ->
                place + " refuses connections; check that the service runs and that the base URL is right.";
            default ->
                "No connection to " + place + " (" + cause.getClass().getSimpleName()
                        + (cause.getMessage() == null ? "" : ": " + message) + ").";
        };
    }

    /** Closes the connections that wait; those that are lent are closed as they come back. */
    public void close() {
        closed = true;
        boolean unused = vertx.cancelTimer(sweep);
        while (!idle.isEmpty()) {
            idle.removeFirst().close();
        }
        closeClient();
    }

    private void closeClient() {
        if (closed && lent == 0 && opening == 0) {
            http.close().onFailure(alreadyClosed -> {});
        }
    }

    void idle(UpstreamConnection connection) {
        if (closed) {
            connection.close();
            return;
        }
        connection.idleSince(ticker.nanos());
        idle.addLast(connection);
    }

    void loanEnded() {
        lent--;
        closeClient();
    }

    private void closeOld() {
        long now = ticker.nanos();
        boolean unused = idle.removeIf(UpstreamConnection::closed);
        while (!idle.isEmpty() && now - idle.peekFirst().idleSinceNanos() >= IDLE.toNanos()) {
            idle.removeFirst().close();
        }
    }
}
