package dev.penstock.benchmarks;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;

/**
 * The least that a proxy on the gateway's HTTP library does: the server hands each request to the client's pool and the
 * answer back, and nothing is looked at.
 */
final class BareProxy {
    private BareProxy() {}

    /** @param arguments the port of the upstream */
    public static void main(String[] arguments) {
        int upstream = Integer.parseInt(arguments[0]);
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        HttpClient client = vertx.createHttpClient(
                new HttpClientOptions().setDefaultHost("127.0.0.1").setDefaultPort(upstream),
                new PoolOptions().setHttp1MaxSize(1_024));
        vertx.createHttpServer(new HttpServerOptions()
                        .setHost("127.0.0.1")
                        .setPort(0)
                        .setAcceptBacklog(4_096)
                        .setTcpNoDelay(true))
                .requestHandler(request -> relay(client, request))
                .listen()
                .onSuccess(server -> System.out.println(server.actualPort()))
                .onFailure(failure -> Runtime.getRuntime().halt(1));
    }

    private static void relay(HttpClient client, HttpServerRequest request) {
        request.pause();
        RequestOptions target = new RequestOptions().setMethod(request.method()).setURI(request.uri());
        request.headers().forEach((name, value) -> {
            if (!name.equalsIgnoreCase("host") && !name.equalsIgnoreCase("connection")) {
                target.addHeader(name, value);
            }
        });
        client.request(target)
                .compose(outbound -> outbound.send(request))
                .onSuccess(answer -> passOn(answer, request.response()))
                .onFailure(failure -> request.response().setStatusCode(502).end());
    }

    private static void passOn(HttpClientResponse answer, HttpServerResponse response) {
        response.setStatusCode(answer.statusCode());
        response.headers().setAll(answer.headers());
        Future<Void> unused = answer.pipeTo(response);
    }
}
