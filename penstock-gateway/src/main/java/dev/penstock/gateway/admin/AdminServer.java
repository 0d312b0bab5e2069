package dev.penstock.gateway.admin;

import dev.penstock.gateway.GatewaySnapshot;
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
import java.util.function.Supplier;

/**
 * The admin pages over HTTP/1.1: {@code /} is the live page, {@code /metrics} for Prometheus, {@code /healthz} answers while
 * the process lives, {@code /readyz} until the gateway stops. It has an event loop of its own, so that a large scrape does
 * not hold up the proxy.
 *
 * <p>Safe for use by several threads.
 */
public final class AdminServer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final long SAMPLE_MILLIS = 1_000;
    private static final int IDLE_SECONDS = 75;

    private final Vertx vertx;
    private final String host;
    private final int port;
    private volatile boolean closed;

    private AdminServer(Vertx vertx, String host, int port) {
        this.vertx = vertx;
        this.host = host;
        this.port = port;
    }

    /**
     * Starts to listen.
     *
     * @param snapshot the gateway as it is; called from the event loop of the pages, about twice a second for each viewer
     * @throws UncheckedIOException when the port is taken or may not be used
     */
    public static AdminServer start(AdminSettings settings, Telemetry telemetry, Supplier<GatewaySnapshot> snapshot) {
        Assets assets = new Assets();
        Vertx vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        try {
            HttpServer server = vertx.createHttpServer(new HttpServerOptions()
                            .setHost(settings.host())
                            .setPort(settings.port())
                            .setIdleTimeout(IDLE_SECONDS)
                            .setIdleTimeoutUnit(TimeUnit.SECONDS)
                            .setHttp2ClearTextEnabled(false))
                    .requestHandler(new AdminRoutes(settings, assets, telemetry, snapshot));
            Context context = vertx.getOrCreateContext();
            CompletableFuture<HttpServer> listening = new CompletableFuture<>();
            context.runOnContext(ignored -> {
                // Ends with the event loop.
                long timer = vertx.setPeriodic(SAMPLE_MILLIS, each -> telemetry.sample(snapshot.get()));
                server.listen().onSuccess(listening::complete).onFailure(failure -> {
                    vertx.cancelTimer(timer);
                    listening.completeExceptionally(failure);
                });
            });
            int port = await(listening, "start").actualPort();
            return new AdminServer(vertx, settings.host(), port);
        } catch (IllegalStateException e) {
            closeQuietly(vertx);
            if (e.getCause() instanceof BindException cause) {
                throw new UncheckedIOException(
                        "admin port " + settings.port() + " on " + settings.host()
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

    /** Where the live page is. */
    public URI uri() {
        return URI.create("http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port + "/");
    }

    /** Stops listening. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            closeQuietly(vertx);
        }
    }

    private static void closeQuietly(Vertx vertx) {
        try {
            await(vertx.close().toCompletionStage().toCompletableFuture(), "stop");
        } catch (IllegalStateException e) {
            System.getLogger(AdminServer.class.getName())
                    .log(System.Logger.Level.WARNING, "the admin pages did not stop cleanly", e);
        }
    }

    private static <T> T await(CompletableFuture<T> future, String what) {
        try {
            return future.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the admin pages were to " + what, e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the admin pages failed to " + what, e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("the admin pages did not " + what + " within " + PATIENCE, e);
        }
    }
}
