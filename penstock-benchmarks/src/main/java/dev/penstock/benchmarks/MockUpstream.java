package dev.penstock.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.function.LongConsumer;

/**
 * An upstream that knows no limits and sends no limit headers, so that what is measured is who stands before it. Answers a
 * path that ends in {@code /stream} with 20 events, everything else with a chat completion.
 */
final class MockUpstream {
    private static final int EVENTS = 20;

    private static final Buffer COMPLETION = Buffer.buffer(
            "{\"id\":\"chatcmpl-000000000000000000000000\",\"object\":\"chat.completion\",\"created\":1700000000,"
                    + "\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\""
                    + "A penstock is the gated pipe that feeds a turbine. ".repeat(6)
                    + "\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":20,"
                    + "\"completion_tokens\":66,\"total_tokens\":86},\"system_fingerprint\":null}");

    private static final Buffer EVENT =
            Buffer.buffer("data: {\"id\":\"chatcmpl-000000000000000000000000\",\"object\":\"chat.completion.chunk\","
                    + "\"created\":1700000000,\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":"
                    + "{\"content\":\" word\"},\"finish_reason\":null}]}\n\n");

    private static final Buffer DONE = Buffer.buffer("data: [DONE]\n\n".getBytes(UTF_8));

    private final Vertx vertx;
    private final long delayMillis;

    private MockUpstream(Vertx vertx, long delayMillis) {
        this.vertx = vertx;
        this.delayMillis = delayMillis;
    }

    /** Arguments: the port, 0 for any; the delay in milliseconds before an answer, and between events if there is one. */
    public static void main(String[] arguments) {
        int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
        long delayMillis = arguments.length > 1 ? Long.parseLong(arguments[1]) : 0;
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        MockUpstream upstream = new MockUpstream(vertx, delayMillis);
        vertx.createHttpServer(new HttpServerOptions()
                        .setHost("127.0.0.1")
                        .setPort(port)
                        .setAcceptBacklog(4_096)
                        .setMaxHeaderSize(64 << 10)
                        .setHttp2ClearTextEnabled(false))
                .requestHandler(upstream::answer)
                .listen()
                .onSuccess(server -> System.out.println("listening on port " + server.actualPort()))
                .onFailure(cause -> {
                    System.err.println("cannot listen on port " + port + ": " + cause.getMessage());
                    System.exit(2);
                });
    }

    private void answer(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        response.exceptionHandler(gone -> {});
        boolean stream = request.uri().endsWith("/stream");
        request.endHandler(end -> later(tick -> {
            if (response.closed()) {
                return;
            }
            if (stream) {
                response.setChunked(true).putHeader("content-type", "text/event-stream");
                event(response, 1);
            } else {
                response.putHeader("content-type", "application/json")
                        .end(COMPLETION)
                        .onFailure(gone -> {});
            }
        }));
    }

    private void event(HttpServerResponse response, int number) {
        if (response.closed()) {
            return;
        }
        if (number > EVENTS) {
            response.end(DONE).onFailure(gone -> {});
            return;
        }
        response.write(EVENT).onFailure(gone -> {});
        later(tick -> event(response, number + 1));
    }

    private void later(LongConsumer step) {
        if (delayMillis == 0) {
            step.accept(0);
        } else {
            vertx.setTimer(delayMillis, step::accept);
        }
    }
}
