package dev.penstock.gateway.transport;

import dev.penstock.time.Ticker;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Listens for clients. What is malformed, ambiguous, or not under {@code /v1} is answered here; the rest becomes an
 * {@link Inbound}. Create and use it on the one event loop of its Vert.x instance.
 */
public final class GatewayServer {
    private static final int MOST_HEADER_BYTES = 64 << 10;
    private static final int MOST_LINE_BYTES = 16 << 10;
    private static final int MOST_CHUNK_BYTES = 64 << 10;
    private static final int BACKLOG = 4_096;
    private static final long MOST_SWEEP_MILLIS = 1_000;
    private static final int SWEEPS_PER_PATIENCE = 4;

    private final Vertx vertx;
    private final ServerSettings settings;
    private final Ticker ticker;
    private final Consumer<Inbound> handler;
    private final HttpServerOptions options;
    private final HttpServer server;
    private final Set<ClientConnection> connections = new LinkedHashSet<>();
    private int open;
    private long sweep = -1;
    private boolean stopping;

    private GatewayServer(Vertx vertx, ServerSettings settings, Ticker ticker, Consumer<Inbound> handler) {
        this.vertx = vertx;
        this.settings = settings;
        this.ticker = ticker;
        this.handler = handler;
        this.options = new HttpServerOptions()
                .setHost(settings.host())
                .setPort(settings.port())
                .setAcceptBacklog(BACKLOG)
                .setTcpNoDelay(true)
                .setHttp2ClearTextEnabled(false)
                .setUseAlpn(false)
                .setMaxInitialLineLength(MOST_LINE_BYTES)
                .setMaxHeaderSize(MOST_HEADER_BYTES)
                .setMaxChunkSize(MOST_CHUNK_BYTES)
                .setHandle100ContinueAutomatically(false)
                .setCompressionSupported(false)
                .setDecompressionSupported(false)
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false);
        this.server = vertx.createHttpServer(options)
                .connectionHandler(this::connected)
                .exceptionHandler(brokenConnection -> {})
                .invalidRequestHandler(GatewayServer::refuseMalformed)
                .requestHandler(this::request);
    }

    /**
     * Starts to listen.
     *
     * @param handler gets each request, on the event loop; must answer it some day
     * @return fails with a {@code BindException} if the address cannot be used
     */
    public static Future<GatewayServer> listen(
            Vertx vertx, ServerSettings settings, Ticker ticker, Consumer<Inbound> handler) {
        GatewayServer gateway = new GatewayServer(vertx, settings, ticker, handler);
        return gateway.server.listen().map(listening -> {
            gateway.startSweeping();
            return gateway;
        });
    }

    private void startSweeping() {
        long shortest = Stream.of(
                        settings.headPatience(),
                        settings.idlePatience(),
                        settings.bodyPatience(),
                        settings.readPatience())
                .mapToLong(Duration::toMillis)
                .min()
                .orElseThrow();
        long period = Math.clamp(shortest / SWEEPS_PER_PATIENCE, 1, MOST_SWEEP_MILLIS);
        sweep = vertx.setPeriodic(period, tick -> {
            long now = ticker.nanos();
            for (ClientConnection connection : new ArrayList<>(connections)) {
                connection.sweep(settings, now);
            }
        });
    }

    private void connected(HttpConnection http) {
        Channel channel = ((ConnectionBase) http).channel();
        if (stopping || connections.size() >= settings.mostConnections()) {
            channel.unsafe().close(channel.newPromise());
            return;
        }
        StrictRequestDecoder decoder = new StrictRequestDecoder(options);
        channel.pipeline().replace("httpDecoder", "httpDecoder", decoder);
        ClientConnection connection = new ClientConnection(this, http, channel, decoder);
        channel.attr(ClientConnection.KEY).set(connection);
        connections.add(connection);
        http.closeHandler(closed -> {
            connections.remove(connection);
            connection.closed();
        });
    }

    private void request(HttpServerRequest request) {
        ClientConnection connection = Objects.requireNonNull(((ConnectionBase) request.connection())
                .channel()
                .attr(ClientConnection.KEY)
                .get());
        if (connection.closing()) {
            return;
        }
        Inbound inbound = new Inbound(connection, request);
        connection.begin(inbound);
        ApiError refusal = RequestCheck.of(request);
        if (refusal == null) {
            handler.accept(inbound);
        } else if (refusal.status() == 400 || refusal.status() == 417) {
            inbound.refuse(refusal);
        } else {
            inbound.answer(refusal);
        }
    }

    /** Answers what cannot be read; Vert.x closes the connection afterwards. */
    private static void refuseMalformed(HttpServerRequest request) {
        ApiError error = switch (request.decoderResult().cause()) {
            case TooLongHttpLineException line ->
                ApiError.invalid(
                        414,
                        "target_too_long",
                        "The request line is longer than " + MOST_LINE_BYTES + " bytes; send a shorter one.");
            case TooLongHttpHeaderException headers ->
                ApiError.invalid(
                        431,
                        "headers_too_large",
                        "The headers are larger than " + MOST_HEADER_BYTES + " bytes; send fewer or shorter"
                                + " ones.");
            default ->
                ApiError.invalid(
                        400,
                        "malformed_request",
                        "The head of the request is malformed or could be read in two ways; it must follow"
                                + " RFC 9112 to the letter.");
        };
        HttpServerResponse response = request.response().setStatusCode(error.status());
        error.headers().forEach(response::putHeader);
        Future<Void> unused =
                response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE).end(error.body());
    }

    public int port() {
        return server.actualPort();
    }

    /** Open connections. */
    public int connections() {
        return connections.size();
    }

    /** Requests that were handed out and are neither answered nor gone. */
    public int open() {
        return open;
    }

    /**
     * Takes no more requests: closes new and idle connections now, and the others after their answer.
     *
     * @param patience after which those that are left are cut
     * @return completes when all are closed
     */
    public Future<Void> shutDown(Duration patience) {
        stopping = true;
        return server.shutdown(patience.toMillis(), TimeUnit.MILLISECONDS).onComplete(done -> stopSweeping());
    }

    /** Stops at once; whoever waits is gone. */
    public Future<Void> close() {
        Future<Void> closed = server.close().onComplete(done -> stopSweeping());
        for (ClientConnection connection : new ArrayList<>(connections)) {
            connection.closeNow();
        }
        return closed;
    }

    private void stopSweeping() {
        boolean unused = vertx.cancelTimer(sweep);
    }

    void opened() {
        open++;
    }

    void ended() {
        open--;
    }

    long now() {
        return ticker.nanos();
    }
}
