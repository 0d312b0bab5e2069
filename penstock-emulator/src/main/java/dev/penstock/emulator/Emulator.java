package dev.penstock.emulator;

import dev.penstock.http.EventLoop;
import dev.penstock.time.Ticker;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A {@link Twin} behind HTTP/1.1 on the loopback address. Besides the API it serves {@code GET /emulator/ledger} and
 * {@code POST /emulator/reset}.
 *
 * <p>Safe for use by several threads. One event loop owns the twin, so nothing in it is locked.
 */
public final class Emulator implements AutoCloseable {
    private static final String LOOPBACK = "127.0.0.1";
    private static final int MOST_HEADER_BYTES = 64 * 1024;

    private final EventLoop loop;
    private final Twin twin;
    private final int port;
    private final Ticker ticker;
    private volatile boolean closed;

    private Emulator(EventLoop loop, Twin twin, int port, Ticker ticker) {
        this.loop = loop;
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
        twin.workOnBatchesInSlices();
        EventLoop loop = new EventLoop("the emulator");
        HttpServer server = loop.listen(
                "port " + settings.port(),
                LOOPBACK,
                () -> loop.vertx()
                        .createHttpServer(new HttpServerOptions()
                                .setHost(LOOPBACK)
                                .setPort(settings.port())
                                .setAcceptBacklog(4_096)
                                .setMaxHeaderSize(MOST_HEADER_BYTES)
                                .setMaxInitialLineLength(MOST_HEADER_BYTES)
                                .setMaxChunkSize(MOST_HEADER_BYTES)
                                .setHandle100ContinueAutomatically(true)
                                .setHttp2ClearTextEnabled(false)
                                .setTcpNoDelay(true))
                        .requestHandler(new RequestHandler(loop.vertx(), twin, ticker))
                        .listen());
        return new Emulator(loop, twin, server.actualPort(), ticker);
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
        return loop.ask("tell its ledger", twin::ledger);
    }

    /** Where a file is on the disk, for tests of what is left there. Empty where a key is demanded. */
    Optional<Path> pathOf(String fileId) {
        String path = FileCalls.contentPath(fileId);
        return loop.ask(
                "find a file",
                () -> Optional.ofNullable(twin.contentOf("GET", path, name -> null, ticker.nanos()))
                        .map(StoredFile::path));
    }

    /** Starts the ledger again at zero. */
    public void resetLedger() {
        boolean done = loop.ask("reset its ledger", () -> {
            twin.resetLedger(ticker.nanos());
            return true;
        });
        assert done;
    }

    /** Stops listening, drops what is in flight and deletes the files that were uploaded. */
    @Override
    public void close() {
        if (!closed) {
            loop.close();
            twin.close();
            closed = true;
        }
    }
}
