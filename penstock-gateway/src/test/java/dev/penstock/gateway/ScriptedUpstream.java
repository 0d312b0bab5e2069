package dev.penstock.gateway;

import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers as a test says, and remembers what came. */
final class ScriptedUpstream implements AutoCloseable {
    /** What came, whole. */
    record Seen(String method, String target, MultiMap headers, Buffer body) {}

    /** Answers one request. */
    interface Script {
        void answer(Seen seen, HttpServerResponse response);
    }

    final List<Seen> seen = new CopyOnWriteArrayList<>();
    final AtomicInteger hangUps = new AtomicInteger();
    private final Vertx vertx;
    private final HttpServer server;

    private ScriptedUpstream(int port, Script script) {
        vertx = Vertx.vertx(
                new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1).setInternalBlockingPoolSize(1));
        server = vertx.createHttpServer(new HttpServerOptions()
                        .setHost("127.0.0.1")
                        .setPort(port)
                        .setHandle100ContinueAutomatically(true))
                .requestHandler(request -> {
                    request.exceptionHandler(broken -> {});
                    request.response().exceptionHandler(broken -> {});
                    request.response().closeHandler(closed -> {
                        if (!request.response().ended()) {
                            hangUps.incrementAndGet();
                        }
                    });
                    request.bodyHandler(body -> {
                        Seen whole = new Seen(request.method().name(), request.uri(), request.headers(), body);
                        seen.add(whole);
                        script.answer(whole, request.response());
                    });
                })
                .listen()
                .toCompletionStage()
                .toCompletableFuture()
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }

    static ScriptedUpstream answering(Script script) {
        return new ScriptedUpstream(0, script);
    }

    static ScriptedUpstream answeringAt(int port, Script script) {
        return new ScriptedUpstream(port, script);
    }

    static void json(HttpServerResponse response, int status, String body) {
        response.setStatusCode(status).putHeader("content-type", "application/json");
        response.end(body).onFailure(gone -> {});
    }

    /** An answer of so many tokens. */
    static String chatAnswer(long inputTokens, long outputTokens) {
        return "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"gpt-4o-mini\","
                + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Yes.\"},"
                + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":" + inputTokens
                + ",\"completion_tokens\":" + outputTokens + ",\"total_tokens\":" + (inputTokens + outputTokens) + "}}";
    }

    int port() {
        return server.actualPort();
    }

    URI baseUri() {
        return URI.create("http://127.0.0.1:" + port() + "/v1");
    }

    @Override
    public void close() {
        Void closed = vertx.close()
                .toCompletionStage()
                .toCompletableFuture()
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
        assert closed == null;
    }
}
