package dev.penstock.gateway.transport;

import dev.penstock.http.UpstreamAddress;
import dev.penstock.http.UpstreamConnections;
import dev.penstock.time.Ticker;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** The transport put together to the simplest proxy, which counts what it is told. */
final class Relay implements AutoCloseable {
    /** What is done with requests and answers. */
    enum Way {
        /** Body read whole, answer streamed. */
        STREAM,
        /** Body read whole, answer collected up to 1 MiB. */
        COLLECT,
        /** Body read whole, first event waited for. */
        FIRST_EVENT,
        /** Body piped. */
        PIPE,
        /** The answer begins as a stream with a comment, before the upstream is asked. */
        COMMENT_FIRST,
        /** Body left alone, nobody asked. */
        WAIT,
        /** Body read whole, nobody asked. */
        READ_AND_WAIT
    }

    private static final int MOST_BODY_BYTES = 1 << 20;

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final GatewayServer server;
    private final UpstreamConnections connections;
    volatile Way way;
    final AtomicInteger arrived = new AtomicInteger();
    final AtomicInteger gone = new AtomicInteger();
    final AtomicInteger passedOn = new AtomicInteger();
    final AtomicLong tapped = new AtomicLong();
    final List<CallFailure> failures = new CopyOnWriteArrayList<>();
    final List<FirstEvent> firstEvents = new CopyOnWriteArrayList<>();
    private final List<Inbound> waiting = new CopyOnWriteArrayList<>();
    private final Map<UpstreamCall, Boolean> calls = new ConcurrentHashMap<>();

    Relay(URI upstream, Way way) {
        this(upstream, way, ServerSettings.on("127.0.0.1", 0));
    }

    Relay(URI upstream, Way way, ServerSettings settings) {
        this.way = way;
        this.connections =
                onLoop(() -> new UpstreamConnections(vertx, UpstreamAddress.of(upstream), Ticker.system(), () -> {}));
        this.server = get(onLoop(() -> GatewayServer.listen(vertx, settings, Ticker.system(), this::handle)
                .toCompletionStage()
                .toCompletableFuture()));
    }

    /** The usual bounds, but for a few. */
    static ServerSettings impatient(Duration head, Duration idle, Duration body, Duration read) {
        return new ServerSettings("127.0.0.1", 0, 20_000, head, idle, body, 10_000, read);
    }

    private void handle(Inbound in) {
        arrived.incrementAndGet();
        in.onGone(gone::incrementAndGet);
        switch (way) {
            case WAIT -> waiting.add(in);
            case PIPE -> call(in, new OutboundRequest.Body.Piped(in));
            case COMMENT_FIRST -> {
                in.beginEvents(Map.of("x-early", "yes"));
                in.event(Buffer.buffer(": waiting\n\n"));
                call(in, new OutboundRequest.Body.None());
            }
            case STREAM, COLLECT, FIRST_EVENT, READ_AND_WAIT ->
                in.readWhole(MOST_BODY_BYTES, piece -> true).onSuccess(body -> {
                    switch (body) {
                        case RequestBody.Whole whole -> {
                            if (way != Way.READ_AND_WAIT) {
                                call(
                                        in,
                                        in.hasBody()
                                                ? new OutboundRequest.Body.Bytes(whole.bytes())
                                                : new OutboundRequest.Body.None());
                            }
                        }
                        case RequestBody.TooLarge large ->
                            in.answer(ApiError.invalid(413, "too_large", "The body is too large."));
                        case RequestBody.NoRoom none -> throw new IllegalStateException("there is room");
                        case RequestBody.Broken broken -> {}
                    }
                });
        }
    }

    private void call(Inbound in, OutboundRequest.Body body) {
        CallWatch watch = new CallWatch(in);
        UpstreamCall call = new UpstreamCall(
                connections, new OutboundRequest(in.method(), in.targetBelowV1(), in.outboundHeaders(), body), watch);
        watch.call = call;
        calls.put(call, true);
        in.onGone(() -> {
            gone.incrementAndGet();
            call.cancel();
            calls.remove(call);
        });
        call.send();
    }

    private final class CallWatch implements UpstreamCall.Listener {
        private final Inbound in;
        private UpstreamCall call;

        @SuppressWarnings("NullAway.Init")
        CallWatch(Inbound in) {
            this.in = in;
        }

        @Override
        public void head(AnswerHead head) {
            switch (way) {
                case COLLECT -> call.collect(MOST_BODY_BYTES, collected -> pass());
                case FIRST_EVENT ->
                    call.firstEvent(event -> {
                        firstEvents.add(event);
                        pass();
                    });
                case STREAM, PIPE, COMMENT_FIRST, WAIT, READ_AND_WAIT -> pass();
            }
        }

        private void pass() {
            call.passOn(in, Map.of("x-added", "yes"), (Buffer piece) -> tapped.addAndGet(piece.length()));
        }

        @Override
        public void failed(CallFailure failure) {
            calls.remove(call);
            failures.add(failure);
            if (!failure.passedOn()) {
                in.answer(ApiError.of(502, "upstream_error", "unreachable", failure.explanation()));
            }
        }

        @Override
        public void passedOn() {
            calls.remove(call);
            passedOn.incrementAndGet();
        }
    }

    Wire.Client client() throws java.io.IOException {
        return Wire.Client.to(port());
    }

    int port() {
        return onLoop(server::port);
    }

    int lent() {
        return onLoop(connections::lent);
    }

    int idle() {
        return onLoop(connections::idle);
    }

    int open() {
        return onLoop(server::open);
    }

    int clients() {
        return onLoop(server::connections);
    }

    int calls() {
        return calls.size();
    }

    GatewayServer server() {
        return server;
    }

    Vertx vertx() {
        return vertx;
    }

    /** Cancels every call, without a word to their clients. On the event loop. */
    void cancelAll() {
        calls.keySet().forEach(UpstreamCall::cancel);
    }

    /** Answers every request that nobody has answered. */
    void answerAll(ApiError error) {
        onLoop(() -> {
            waiting.forEach(in -> in.answer(error));
            waiting.clear();
            return true;
        });
    }

    /** Waits until nothing is under way. */
    void awaitQuiet() throws InterruptedException {
        Wire.await("no open request", () -> open() == 0);
        Wire.await("no lent connection", () -> lent() == 0);
        Wire.await("no call", () -> calls() == 0);
    }

    <T> T onLoop(Supplier<T> task) {
        CompletableFuture<T> done = new CompletableFuture<>();
        vertx.runOnContext(here -> {
            try {
                done.complete(task.get());
            } catch (RuntimeException | Error e) {
                done.completeExceptionally(e);
            }
        });
        return get(done);
    }

    private static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("the event loop did not answer", e);
        }
    }

    @Override
    public void close() {
        get(vertx.close().toCompletionStage().toCompletableFuture());
    }
}
