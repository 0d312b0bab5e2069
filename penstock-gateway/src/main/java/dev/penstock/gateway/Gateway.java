package dev.penstock.gateway;

import dev.penstock.gateway.config.GatewayConfig;
import dev.penstock.gateway.transport.GatewayServer;
import dev.penstock.gateway.transport.ServerSettings;
import dev.penstock.time.Ticker;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An HTTP/1.1 proxy in front of an OpenAI-style API that queues requests for quota instead of letting them be refused.
 *
 * <p>Safe for use by several threads. One event loop owns everything that decides, so nothing in it is locked.
 */
public final class Gateway implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Vertx vertx;
    private final Context context;
    private final GatewayLoop loop;
    private final GatewayServer server;
    private final String host;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final CompletableFuture<Boolean> drained = new CompletableFuture<>();

    private Gateway(Vertx vertx, Context context, GatewayLoop loop, GatewayServer server, String host) {
        this.vertx = vertx;
        this.context = context;
        this.loop = loop;
        this.server = server;
        this.host = host;
    }

    /**
     * Starts to listen.
     *
     * @param events hears of each request's end, on the event loop
     * @throws UncheckedIOException when the address is taken or may not be used
     */
    public static Gateway start(GatewaySettings settings, GatewayEvents events) {
        Vertx vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(2)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        // Without this, Vert.x logs through whatever it finds, which may be nothing.
        vertx.exceptionHandler(defect -> System.getLogger(Gateway.class.getName())
                .log(System.Logger.Level.ERROR, "a defect of the gateway; please report it", defect));
        Context context = vertx.getOrCreateContext();
        Ticker ticker = Ticker.system();
        CompletableFuture<Gateway> started = new CompletableFuture<>();
        context.runOnContext(ignored -> {
            try {
                GatewayLoop loop = new GatewayLoop(vertx, context, ticker, settings, events);
                ServerSettings where = ServerSettings.on(settings.host(), settings.port());
                GatewayServer.listen(vertx, where, ticker, loop::accept)
                        .onSuccess(
                                server -> started.complete(new Gateway(vertx, context, loop, server, settings.host())))
                        .onFailure(started::completeExceptionally);
            } catch (RuntimeException e) {
                started.completeExceptionally(e);
            }
        });
        try {
            return await(started, "start");
        } catch (IllegalStateException e) {
            closeQuietly(vertx);
            if (e.getCause() instanceof IOException cause) { // taken, not allowed, or no address of this machine
                throw new UncheckedIOException(
                        "port " + settings.port() + " on " + settings.host() + " cannot be used: " + cause.getMessage()
                                + "; choose another port, or 0 for any free one",
                        cause);
            }
            throw e;
        }
    }

    public int port() {
        return server.port();
    }

    /** The address to give to clients as their base URL; ends in {@code /v1}. */
    public URI baseUri() {
        String shown = host.contains(":") ? "[" + host + "]" : host;
        return URI.create("http://" + shown + ":" + port() + "/v1");
    }

    /** How it was a moment ago, at most half a second. */
    public GatewaySnapshot snapshot() {
        return loop.snapshot();
    }

    /** Exchanges the configuration; no request is dropped. */
    public void reconfigure(GatewayConfig config) {
        onLoop(() -> loop.reconfigure(config));
    }

    /**
     * Takes no new work, answers those that wait, lets those that run end, then closes. Returns early if {@link #close} is
     * called meanwhile.
     *
     * @param patience after which what still runs is cut off
     */
    public void stop(Duration patience) {
        if (closed.get()) {
            return;
        }
        context.runOnContext(ignored -> {
            loop.stop();
            server.shutDown(patience).onComplete(down -> drained.complete(down.succeeded()));
        });
        try {
            boolean inOrder = drained.get(patience.toMillis() + PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            if (!inOrder) {
                notInOrder();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            notInOrder();
        }
        close();
    }

    private static void notInOrder() {
        System.getLogger(Gateway.class.getName())
                .log(System.Logger.Level.WARNING, "the gateway did not stop in order; what still ran was cut off");
    }

    /** Stops at once, also while {@link #stop} waits. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            closeQuietly(vertx);
            drained.complete(true);
        }
    }

    private void onLoop(Runnable work) {
        if (!closed.get()) {
            context.runOnContext(ignored -> work.run());
        }
    }

    private static void closeQuietly(Vertx vertx) {
        try {
            await(vertx.close().toCompletionStage().toCompletableFuture(), "stop");
        } catch (IllegalStateException e) {
            System.getLogger(Gateway.class.getName())
                    .log(System.Logger.Level.WARNING, "the gateway did not stop cleanly", e);
        }
    }

    private static <T> T await(CompletableFuture<T> future, String what) {
        try {
            return future.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the gateway was to " + what, e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the gateway failed to " + what, e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("the gateway did not " + what + " within " + PATIENCE, e);
        }
    }
}
