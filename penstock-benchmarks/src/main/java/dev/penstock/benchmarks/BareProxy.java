package dev.penstock.benchmarks;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.PoolOptions;

/**
 * The least that a proxy on this HTTP stack can be: a server, a pooled client, pipes between them, and no thought. What a
 * gateway costs more than this is what its thoughts cost.
 */
final class BareProxy {
    private final HttpClient client;
    private final String host;
    private final int port;

    private BareProxy(HttpClient client, String host, int port) {
        this.client = client;
        this.host = host;
        this.port = port;
    }

    /** Arguments: the port, 0 for any; the port of the upstream on the loopback address. */
    public static void main(String[] arguments) {
        if (arguments.length != 2) {
            System.err.println("usage: BareProxy PORT UPSTREAM-PORT");
            System.exit(2);
        }
        int port = Integer.parseInt(arguments[0]);
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        HttpClient client = vertx.createHttpClient(
                new HttpClientOptions()
                        .setKeepAlive(true)
                        .setPipelining(false)
                        .setTcpNoDelay(true)
                        .setDecompressionSupported(false)
                        .setMaxHeaderSize(64 << 10),
                new PoolOptions().setHttp1MaxSize(10_000).setMaxWaitQueueSize(-1));
        BareProxy proxy = new BareProxy(client, "127.0.0.1", Integer.parseInt(arguments[1]));
        vertx.createHttpServer(new HttpServerOptions()
                        .setHost("127.0.0.1")
                        .setPort(port)
                        .setAcceptBacklog(4_096)
                        .setTcpNoDelay(true)
                        .setMaxHeaderSize(64 << 10)
                        .setHandle100ContinueAutomatically(true)
                        .setHttp2ClearTextEnabled(false))
                .requestHandler(proxy::relay)
                .listen()
                .onSuccess(server -> System.out.println("listening on port " + server.actualPort()))
                .onFailure(cause -> {
                    System.err.println("cannot listen on port " + port + ": " + cause.getMessage());
                    System.exit(2);
                });
    }

    private void relay(HttpServerRequest request) {
        request.pause();
        client.request(request.method(), port, host, request.uri())
                .onSuccess(call -> {
                    call.headers().setAll(request.headers()).remove(HttpHeaders.HOST);
                    request.response().exceptionHandler(gone -> call.reset().onFailure(over -> {}));
                    exchange(request, call).onFailure(broken -> fail(request.response()));
                })
                .onFailure(unreachable -> fail(request.response()));
    }

    private static Future<Void> exchange(HttpServerRequest request, HttpClientRequest call) {
        boolean hasBody = request.headers().contains(HttpHeaders.CONTENT_LENGTH)
                || request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
        return (hasBody ? call.send(request) : call.send()).compose(answer -> {
            HttpServerResponse response = request.response();
            response.setStatusCode(answer.statusCode()).setStatusMessage(answer.statusMessage());
            response.headers().setAll(answer.headers());
            return answer.pipeTo(response);
        });
    }

    private static void fail(HttpServerResponse response) {
        if (!response.headWritten() && !response.closed()) {
            response.setStatusCode(502).end().onFailure(gone -> {});
        } else if (!response.ended()) {
            response.reset().onFailure(over -> {});
        }
    }
}
