package dev.penstock.gateway.admin;

import dev.penstock.gateway.GatewaySnapshot;
import dev.penstock.http.EventLoop;
import dev.penstock.http.PageFiles;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The admin pages over HTTP/1.1: {@code /} is the live page, {@code /metrics} for Prometheus, {@code /healthz} answers while
 * the process lives, {@code /readyz} until the gateway stops. It has an event loop of its own, so that a large scrape does
 * not hold up the proxy.
 *
 * <p>Safe for use by several threads.
 */
public final class AdminServer implements AutoCloseable {
    private static final long SAMPLE_MILLIS = 1_000;
    private static final int IDLE_SECONDS = 75;

    private final EventLoop loop;
    private final String host;
    private final int port;
    private volatile boolean closed;

    private AdminServer(EventLoop loop, String host, int port) {
        this.loop = loop;
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
        PageFiles files = files();
        EventLoop loop = new EventLoop("the admin pages");
        HttpServer server = loop.listen("admin port " + settings.port(), settings.host(), () -> {
            long timer = loop.vertx().setPeriodic(SAMPLE_MILLIS, each -> telemetry.sample(snapshot.get()));
            return loop.vertx()
                    .createHttpServer(new HttpServerOptions()
                            .setHost(settings.host())
                            .setPort(settings.port())
                            .setIdleTimeout(IDLE_SECONDS)
                            .setIdleTimeoutUnit(TimeUnit.SECONDS)
                            .setHttp2ClearTextEnabled(false))
                    .requestHandler(new AdminRoutes(settings, files, telemetry, snapshot))
                    .listen()
                    .onFailure(taken -> loop.vertx().cancelTimer(timer));
        });
        return new AdminServer(loop, settings.host(), server.actualPort());
    }

    private static PageFiles files() {
        String folder = "/dev/penstock/gateway/admin/page/";
        return new PageFiles.Builder()
                .file("/", PageFiles.HTML, folder + "index.html")
                .file("/assets/page.css", PageFiles.CSS, folder + "page.css")
                .file("/assets/icon.svg", PageFiles.SVG, folder + "icon.svg")
                .scripts(folder, "page", "feed", "figures", "rows", "quotas", "queue", "charts", "refusals")
                .charts()
                .build();
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
            loop.close();
        }
    }
}
