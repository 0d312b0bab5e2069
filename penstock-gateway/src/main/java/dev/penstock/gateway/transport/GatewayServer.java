package dev.penstock.gateway.transport;

import dev.penstock.time.Ticker;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Listens for clients. What is malformed, ambiguous, or not under {@code /v1} is answered here; the rest becomes an
 * {@link Inbound}. Create and use it on the one event loop of its Vert.x instance.
 */
public final class GatewayServer {
    private GatewayServer() {}

    /**
     * Starts to listen.
     *
     * @param handler gets each request, on the event loop; must answer it some day
     * @return fails with a {@code BindException} if the address cannot be used
     */
    public static Future<GatewayServer> listen(
            Vertx vertx, ServerSettings settings, Ticker ticker, Consumer<Inbound> handler) {
        throw new UnsupportedOperationException();
    }

    public int port() {
        throw new UnsupportedOperationException();
    }

    /** Open connections. */
    public int connections() {
        throw new UnsupportedOperationException();
    }

    /** Requests that were handed out and are neither answered nor gone. */
    public int open() {
        throw new UnsupportedOperationException();
    }

    /**
     * Takes no more connections, closes idle ones now and the others after their answer.
     *
     * @param patience after which those that are left are cut
     * @return completes when all are closed
     */
    public Future<Void> shutDown(Duration patience) {
        throw new UnsupportedOperationException();
    }

    /** Stops at once; whoever waits is gone. */
    public Future<Void> close() {
        throw new UnsupportedOperationException();
    }
}
