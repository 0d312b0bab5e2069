package dev.penstock.cli.ui;

import dev.penstock.gateway.transport.HostRule;
import dev.penstock.http.EventLoop;
import dev.penstock.http.PageFiles;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The pages over HTTP/1.1, on loopback alone. What takes time is computed on two threads of its own, never on the event loop.
 *
 * <p>Safe for use by several threads.
 */
public final class UiServer implements AutoCloseable {
    private static final String HOST = "127.0.0.1";
    private static final int IDLE_SECONDS = 75;
    /** The longest address: all settings, and all strategies by name. */
    private static final int MOST_ADDRESS_BYTES = 8 << 10;

    private final EventLoop loop;
    private final Answers answers;
    private final int port;
    private volatile boolean closed;

    private UiServer(EventLoop loop, Answers answers, int port) {
        this.loop = loop;
        this.answers = answers;
        this.port = port;
    }

    /**
     * Starts to listen.
     *
     * @param port 0 for any free one
     * @throws UncheckedIOException when the port is taken or may not be used
     */
    public static UiServer start(int port, Pages pages) {
        PageFiles files = files();
        Answers answers = new Answers(pages);
        EventLoop loop = new EventLoop("the pages");
        HttpServer server = loop.listen(
                "port " + port,
                HOST,
                () -> loop.vertx()
                        .createHttpServer(new HttpServerOptions()
                                .setHost(HOST)
                                .setPort(port)
                                .setMaxInitialLineLength(MOST_ADDRESS_BYTES)
                                .setIdleTimeout(IDLE_SECONDS)
                                .setIdleTimeoutUnit(TimeUnit.SECONDS)
                                .setHttp2ClearTextEnabled(false))
                        .requestHandler(new UiRoutes(new HostRule(HOST, Set.of()), files, answers, loop))
                        .listen());
        return new UiServer(loop, answers, server.actualPort());
    }

    /** All that a browser loads for the page. */
    static PageFiles files() {
        String own = "/dev/penstock/cli/ui/";
        String gateway = "/dev/penstock/gateway/admin/page/";
        return new PageFiles.Builder()
                .file("/", PageFiles.HTML, own + "index.html")
                .file("/assets/ui.css", PageFiles.CSS, own + "ui.css")
                .file("/assets/icon.svg", PageFiles.SVG, gateway + "icon.svg")
                .scripts(own, "ui", "settings", "sliders", "charts", "player", "backoff", "save", "tiers")
                .scripts(gateway, "figures", "rows")
                .charts()
                .build();
    }

    /** Where the page is. */
    public URI uri() {
        return URI.create("http://" + HOST + ":" + port + "/");
    }

    public int port() {
        return port;
    }

    /** Stops listening. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            answers.close();
            loop.close();
        }
    }
}
