package dev.penstock.gateway;

import dev.penstock.gateway.config.GatewayConfig;
import dev.penstock.gateway.transport.GatewayServer;
import dev.penstock.gateway.transport.ServerSettings;
import dev.penstock.http.EventLoop;
import dev.penstock.time.Ticker;
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

    private final EventLoop eventLoop;
    private final GatewayLoop loop;
    private final GatewayServer server;
    private final String host;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final CompletableFuture<Boolean> drained = new CompletableFuture<>();
    private final CompletableFuture<Stopped> stopped = new CompletableFuture<>();

    private Gateway(EventLoop eventLoop, GatewayLoop loop, GatewayServer server, String host) {
        this.eventLoop = eventLoop;
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
        EventLoop eventLoop = new EventLoop("the gateway");
        Ticker ticker = Ticker.system();
        return eventLoop.listen("port " + settings.port(), settings.host(), () -> {
            GatewayLoop loop = new GatewayLoop(eventLoop.vertx(), eventLoop.context(), ticker, settings, events);
            ServerSettings where = ServerSettings.on(settings.host(), settings.port());
            return GatewayServer.listen(eventLoop.vertx(), where, ticker, loop::accept)
                    .map(server -> new Gateway(eventLoop, loop, server, settings.host()));
        });
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
    public Stopped stop(Duration patience) {
        if (closed.get()) {
            return Stopped.NOBODY;
        }
        eventLoop.run(() -> {
            loop.stop();
            // The last of them ends in the same turn of the loop, after its connection.
            server.shutDown(patience)
                    .onComplete(down -> eventLoop.run(() -> {
                        stopped.complete(loop.stopped());
                        drained.complete(down.succeeded());
                    }));
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
        return stopped.getNow(Stopped.NOBODY);
    }

    /**
     * What became of the requests that were there when the gateway was told to stop, or came later.
     *
     * @param finished ran and got what the upstream said
     * @param turnedAway waited or came, and were told that it stops
     * @param cutOff ran until the patience was over, or left
     */
    public record Stopped(long finished, long turnedAway, long cutOff) {
        static final Stopped NOBODY = new Stopped(0, 0, 0);
    }

    private static void notInOrder() {
        System.getLogger(Gateway.class.getName())
                .log(System.Logger.Level.WARNING, "the gateway did not stop in order; what still ran was cut off");
    }

    /** Stops at once, also while {@link #stop} waits. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            eventLoop.close();
            drained.complete(true);
        }
    }

    private void onLoop(Runnable work) {
        if (!closed.get()) {
            eventLoop.run(work);
        }
    }
}
