package dev.penstock.openai;

import com.openai.core.RequestOptions;
import com.openai.core.http.HttpClient;
import com.openai.core.http.HttpRequest;
import com.openai.core.http.HttpRequestBody;
import com.openai.core.http.HttpResponse;
import com.openai.errors.OpenAIIoException;
import dev.penstock.pacing.FirstEvent;
import dev.penstock.pacing.Next;
import dev.penstock.pacing.PacedCall;
import dev.penstock.pacing.PacedRequest;
import dev.penstock.pacing.Penstock;
import dev.penstock.pacing.RefusedException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Sends each attempt when it has its turn, and repeats what is worth it. Safe for use by several threads. */
final class PacedHttpClient implements HttpClient {
    private static final int PINNING_ENDED_WITH = 24;

    private final HttpClient client;
    private final Penstock penstock;
    private final ExecutorService threads = threads();

    PacedHttpClient(HttpClient client, Penstock penstock) {
        this.client = client;
        this.penstock = penstock;
    }

    /** Before Java 24 a virtual thread that waits in a monitor, as HTTP libraries do, keeps its carrier. */
    private static ExecutorService threads() {
        return Runtime.version().feature() >= PINNING_ENDED_WITH
                ? Executors.newThreadPerTaskExecutor(
                        Thread.ofVirtual().name("penstock-openai-", 0).factory())
                : Executors.newCachedThreadPool(Thread.ofPlatform()
                        .daemon(true)
                        .name("penstock-openai-", 0)
                        .factory());
    }

    @Override
    public HttpResponse execute(HttpRequest request, RequestOptions options) {
        try {
            return run(request, options);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted while waiting for quota");
            interrupted.initCause(e);
            throw new OpenAIIoException("Request failed", interrupted);
        }
    }

    @Override
    public CompletableFuture<HttpResponse> executeAsync(HttpRequest request, RequestOptions options) {
        CompletableFuture<HttpResponse> answer = new CompletableFuture<>();
        Future<?> running;
        try {
            running = start(request, options, answer);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedFuture(new IllegalStateException("the client is closed", e));
        }
        CompletableFuture<HttpResponse> followed = answer.whenComplete((response, failure) -> {
            if (answer.isCancelled()) {
                running.cancel(true);
            }
        });
        assert followed != answer;
        return answer;
    }

    private Future<?> start(HttpRequest request, RequestOptions options, CompletableFuture<HttpResponse> answer) {
        return threads.submit(() -> {
            try {
                HttpResponse response = execute(request, options);
                if (!answer.complete(response)) {
                    response.close();
                }
            } catch (RuntimeException | Error failure) {
                answer.completeExceptionally(failure);
            }
        });
    }

    @Override
    public void close() {
        threads.shutdownNow();
        client.close();
    }

    private HttpResponse run(HttpRequest request, RequestOptions options) throws InterruptedException {
        HttpRequest sent = Bodies.held(request);
        PacedCall call = penstock.paced(pacedRequest(sent));
        boolean delivered = false;
        try {
            HttpResponse response = untilDone(call, sent, options);
            delivered = true;
            return response;
        } finally {
            if (!delivered) {
                call.close();
            }
            closeBody(request);
        }
    }

    /** Ends with an answer, or with the last failure as the client itself would have met it. */
    private HttpResponse untilDone(PacedCall call, HttpRequest request, RequestOptions options)
            throws InterruptedException {
        Failure last = null;
        while (awaitTurn(call, last)) {
            Attempt attempt = attempt(call, request, options);
            if (attempt instanceof Attempt.Answered answered) {
                return answered.response();
            }
            Attempt.Failed failed = (Attempt.Failed) attempt;
            if (failed.next() instanceof Next.GiveUp) {
                return failed.failure().deliver();
            }
            last = failed.failure();
        }
        if (last == null) {
            throw new IllegalStateException("a call was given up before it was sent");
        }
        return last.deliver();
    }

    private static boolean awaitTurn(PacedCall call, @Nullable Failure last) throws InterruptedException {
        try {
            return call.awaitTurn();
        } catch (RefusedException e) {
            if (last instanceof Failure.Broken broken) {
                e.addSuppressed(broken.exception()); // why it had to wait once more
            }
            throw e;
        }
    }

    private sealed interface Attempt {
        record Answered(HttpResponse response) implements Attempt {}

        record Failed(Failure failure, Next next) implements Attempt {}
    }

    /** What the caller meets if nothing better comes. */
    private sealed interface Failure {
        HttpResponse deliver();

        record Refused(HttpResponse response) implements Failure {
            @Override
            public HttpResponse deliver() {
                return response;
            }
        }

        record Broken(RuntimeException exception) implements Failure {
            @Override
            public HttpResponse deliver() {
                throw exception;
            }
        }
    }

    private Attempt attempt(PacedCall call, HttpRequest request, RequestOptions options) throws InterruptedException {
        HttpResponse response;
        try {
            response = client.execute(request, options);
        } catch (OpenAIIoException e) {
            return broken(call, e);
        }
        int status = response.statusCode();
        if (PacedCall.isRefusal(status)) {
            return refused(call, response);
        }
        call.accepted(name -> first(response, name));
        String type = contentType(response);
        if (type.startsWith("application/json")) {
            return wholeJson(call, response);
        }
        return type.startsWith("text/event-stream")
                ? stream(call, response)
                : new Attempt.Answered(new StreamedResponse(response, call));
    }

    private static Attempt refused(PacedCall call, HttpResponse response) throws InterruptedException {
        byte[] body;
        try (response) {
            body = response.body().readNBytes(PacedCall.MOST_ERROR_BYTES);
        } catch (IOException e) {
            stopIfInterrupted(e);
            body = new byte[0]; // the status says enough
        }
        HttpResponse held = HeldResponse.refusal(response, body);
        return new Attempt.Failed(
                new Failure.Refused(held), call.refused(response.statusCode(), name -> first(response, name), body));
    }

    /** Reads an answer to its end, so that one that breaks off can be asked for again. */
    private static Attempt wholeJson(PacedCall call, HttpResponse response) throws InterruptedException {
        InputStream body = response.body();
        byte[] begun;
        try {
            begun = body.readNBytes(PacedCall.MOST_HELD_ANSWER_BYTES);
            if (begun.length < PacedCall.MOST_HELD_ANSWER_BYTES) {
                response.close();
                call.ended();
                return new Attempt.Answered(HeldResponse.answer(response, begun));
            }
        } catch (IOException e) {
            response.close();
            return broken(call, new OpenAIIoException("Request failed", e));
        }
        return new Attempt.Answered(new StreamedResponse(HeldResponse.begun(response, begun), call));
    }

    /** Looks at the first event, which may be a refusal: nobody has seen anything of the stream yet. */
    private static Attempt stream(PacedCall call, HttpResponse response) throws InterruptedException {
        FirstEvent first;
        try {
            first = FirstEvent.read(response.body());
        } catch (IOException e) {
            response.close();
            return broken(call, new OpenAIIoException("Request failed", e));
        }
        HttpResponse begun = HeldResponse.begun(response, first.bytes());
        Optional<Next> instead = first.data().flatMap(data -> call.beganWith(name -> first(response, name), data));
        if (instead.isEmpty()) {
            return new Attempt.Answered(new StreamedResponse(begun, call));
        }
        if (!(instead.get() instanceof Next.GiveUp)) {
            response.close();
        }
        return new Attempt.Failed(new Failure.Refused(begun), instead.get());
    }

    private static Attempt broken(PacedCall call, OpenAIIoException e) throws InterruptedException {
        stopIfInterrupted(e);
        return new Attempt.Failed(new Failure.Broken(e), call.broke(Faults.of(e), Faults.explanation(e)));
    }

    /** Who interrupts a thread wants the call to end, and not to be tried again. */
    private static void stopIfInterrupted(Throwable cause) throws InterruptedException {
        if (Thread.interrupted()) {
            InterruptedException stopped = new InterruptedException("interrupted while a call was running");
            stopped.initCause(cause);
            throw stopped;
        }
    }

    private static PacedRequest pacedRequest(HttpRequest request) {
        String method = request.method().name();
        HttpRequestBody body = request.body();
        PacedRequest paced = body == null
                ? PacedRequest.read(method, path(request), null, new byte[0])
                : body instanceof HeldBody held
                        ? PacedRequest.read(method, path(request), held.contentType(), held.bytes())
                        : PacedRequest.unread(method);
        return request.headers().values("Idempotency-Key").isEmpty() ? paced : paced.withIdempotencyKey();
    }

    private static String path(HttpRequest request) {
        return "/" + String.join("/", request.pathSegments());
    }

    private static String contentType(HttpResponse response) {
        String type = first(response, "content-type");
        return type == null ? "" : type.toLowerCase(Locale.ROOT);
    }

    static @Nullable String first(HttpResponse response, String name) {
        List<String> values = response.headers().values(name);
        return values.isEmpty() ? null : values.getFirst();
    }

    private static void closeBody(HttpRequest request) {
        HttpRequestBody body = request.body();
        if (body != null) {
            body.close();
        }
    }
}
