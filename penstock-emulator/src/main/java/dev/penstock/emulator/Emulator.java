package dev.penstock.emulator;

import dev.penstock.time.Ticker;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A {@link Twin} behind HTTP/1.1 on the loopback address. Besides the API it serves {@code GET /emulator/ledger} and
 * {@code POST /emulator/reset}.
 *
 * <p>Safe for use by several threads. One event loop owns the twin, so nothing in it is locked.
 */
public final class Emulator implements AutoCloseable {
    private static final String LOOPBACK = "127.0.0.1";
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int MOST_HEADER_BYTES = 64 * 1024;

    private final Vertx vertx;
    private final Context context;
    private final Twin twin;
    private final int port;
    private final Ticker ticker;
    private volatile boolean closed;

    private Emulator(Vertx vertx, Context context, Twin twin, int port, Ticker ticker) {
        this.vertx = vertx;
        this.context = context;
        this.twin = twin;
        this.port = port;
        this.ticker = ticker;
    }

    /**
     * Starts to listen.
     *
     * @throws UncheckedIOException when the port is taken or may not be used
     */
    public static Emulator start(EmulatorSettings settings) {
        Ticker ticker = Ticker.system();
        Twin twin = new Twin(settings.twin(), settings.seed());
        twin.start(ticker.nanos());
        Vertx vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        try {
            HttpServer server = vertx.createHttpServer(new HttpServerOptions()
                            .setHost(LOOPBACK)
                            .setPort(settings.port())
                            .setAcceptBacklog(4_096)
                            .setMaxHeaderSize(MOST_HEADER_BYTES)
                            .setMaxInitialLineLength(MOST_HEADER_BYTES)
                            .setMaxChunkSize(MOST_HEADER_BYTES)
                            .setHandle100ContinueAutomatically(true)
                            .setHttp2ClearTextEnabled(false)
                            .setTcpNoDelay(true))
                    .requestHandler(new RequestHandler(vertx, twin, ticker));
            // All contexts share the one event loop; this one is for calls from outside.
            Context context = vertx.getOrCreateContext();
            CompletableFuture<HttpServer> listening = new CompletableFuture<>();
            context.runOnContext(ignored -> {
                server.listen().onSuccess(listening::complete).onFailure(listening::completeExceptionally);
            });
            int port = await(listening, "start").actualPort();
            return new Emulator(vertx, context, twin, port, ticker);
        } catch (IllegalStateException e) {
            closeQuietly(vertx);
            if (e.getCause() instanceof BindException cause) {
                throw new UncheckedIOException(
                        "port " + settings.port() + " on " + LOOPBACK
                                + " cannot be used: " + cause.getMessage()
                                + "; choose another port, or 0 for any free one",
                        cause);
            }
            throw e;
        }
    }

    public int port() {
        return port;
    }

    /** The address to give to a client as its base URL; ends in {@code /v1}. */
    public URI baseUri() {
        return URI.create("http://" + LOOPBACK + ":" + port + "/v1");
    }

    /** What happened so far; after {@link #close}, what happened at all. */
    public Ledger ledger() {
        if (closed) {
            return twin.ledger();
        }
        CompletableFuture<Ledger> ledger = new CompletableFuture<>();
        context.runOnContext(ignored -> ledger.complete(twin.ledger()));
        return await(ledger, "tell its ledger");
    }

    /** Starts the ledger again at zero. */
    public void resetLedger() {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        context.runOnContext(ignored -> {
            twin.resetLedger(ticker.nanos());
            done.complete(true);
        });
        await(done, "reset its ledger");
    }

    /** Stops listening and drops what is in flight. */
    @Override
    public void close() {
        if (!closed) {
            closeQuietly(vertx);
            closed = true;
        }
    }

    private static void closeQuietly(Vertx vertx) {
        try {
            await(vertx.close().toCompletionStage().toCompletableFuture(), "stop");
        } catch (IllegalStateException e) {
            System.getLogger(Emulator.class.getName())
                    .log(System.Logger.Level.WARNING, "the emulator did not stop cleanly", e);
        }
    }

    private static <T> T await(CompletableFuture<T> future, String what) {
        try {
            return future.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the emulator was to " + what, e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the emulator failed to " + what, e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("the emulator did not " + what + " within " + PATIENCE, e);
        }
    }
}
