package dev.penstock.benchmarks;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;

/**
 * An upstream that answers each chat completion at once with the same words, without limits and their headers. A path that
 * ends in a number gets a stream of so many events.
 */
final class MockUpstream {
    static final int EVENTS = 20;

    private static final Buffer ANSWER =
            Buffer.buffer("""
            {"id":"chatcmpl-1","object":"chat.completion","created":1763942400,"model":"gpt-4o-mini-2024-07-18",\
            "choices":[{"index":0,"message":{"role":"assistant","content":"%s","refusal":null},"logprobs":null,\
            "finish_reason":"stop"}],"usage":{"prompt_tokens":40,"completion_tokens":60,"total_tokens":100},\
            "service_tier":"default"}
            """.formatted("Seven apples less two are five, and one more makes six. ".repeat(5)));
    private static final Buffer EVENT = Buffer.buffer("""
            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1763942400,\
            "model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{"content":" apples"},"finish_reason":null}]}

            """);
    private static final Buffer USAGE = Buffer.buffer("""
            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1763942400,\
            "model":"gpt-4o-mini-2024-07-18","choices":[],\
            "usage":{"prompt_tokens":40,"completion_tokens":18,"total_tokens":58}}

            """);
    private static final Buffer DONE = Buffer.buffer("data: [DONE]\n\n");
    private static final byte[] STREAM = "\"stream\":true".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    private MockUpstream() {}

    public static void main(String[] arguments) {
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        vertx.createHttpServer(new HttpServerOptions()
                        .setHost("127.0.0.1")
                        .setPort(0)
                        .setAcceptBacklog(4_096)
                        .setTcpNoDelay(true))
                .requestHandler(MockUpstream::answer)
                .listen()
                .onSuccess(server -> System.out.println(server.actualPort()))
                .onFailure(failure -> Runtime.getRuntime().halt(1));
    }

    private static void answer(HttpServerRequest request) {
        request.body().onSuccess(body -> {
            HttpServerResponse response = request.response();
            if (asksForStream(body)) {
                response.putHeader("content-type", "text/event-stream; charset=utf-8")
                        .setChunked(true);
                for (int i = 0; i < EVENTS - 2; i++) {
                    Future<Void> unused = response.write(EVENT);
                }
                Future<Void> usage = response.write(USAGE);
                Future<Void> unused = response.end(DONE);
            } else {
                Future<Void> unused =
                        response.putHeader("content-type", "application/json").end(ANSWER);
            }
        });
    }

    /** Clients of these benchmarks put it at the beginning. */
    private static boolean asksForStream(Buffer body) {
        for (int i = 0; i < STREAM.length; i++) {
            if (i + 1 >= body.length() || body.getByte(i + 1) != STREAM[i]) {
                return false;
            }
        }
        return true;
    }
}
