package dev.penstock.langchain4j;

import dev.langchain4j.exception.HttpException;
import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.http.client.sse.ServerSentEventContext;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import dev.langchain4j.http.client.sse.ServerSentEventParsingHandle;
import dev.penstock.pacing.Next;
import dev.penstock.pacing.PacedCall;
import dev.penstock.wire.HeaderLookup;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One call whose answer is a stream of events, over all its attempts. Its listener hears of one attempt only: the one that
 * began an answer, or the last. Events of an attempt come from one thread at a time, as HTTP clients promise.
 */
final class PacedStream {
    private final HttpClient client;
    private final HttpRequest request;
    private final ServerSentEventParser parser;
    private final ServerSentEventListener listener;
    private final PacedCall call;

    PacedStream(
            HttpClient client,
            HttpRequest request,
            ServerSentEventParser parser,
            ServerSentEventListener listener,
            PacedCall call) {
        this.client = client;
        this.request = request;
        this.parser = parser;
        this.listener = listener;
        this.call = call;
    }

    void start() {
        whenItsTurn(new IllegalStateException("a call was given up before it was sent"));
    }

    /**
     * @param last what the listener hears if there is no other attempt
     */
    private void whenItsTurn(Throwable last) {
        Turns.await(call, this::send, () -> listener.onError(last), listener::onError);
    }

    private void send() {
        Attempt attempt = new Attempt();
        try {
            client.execute(request, parser, attempt);
        } catch (RuntimeException notSent) {
            attempt.onError(notSent);
        }
    }

    private final class Attempt implements ServerSentEventListener {
        private @Nullable SuccessfulHttpResponse opened;
        private boolean begun;
        private boolean over;

        @Override
        public void onOpen(SuccessfulHttpResponse response) {
            opened = response;
            call.accepted(Requests.headers(response));
        }

        @Override
        public void onEvent(ServerSentEvent event) {
            if (isAnswer(event, null)) {
                listener.onEvent(event);
            }
        }

        @Override
        public void onEvent(ServerSentEvent event, ServerSentEventContext context) {
            if (isAnswer(event, context.parsingHandle())) {
                listener.onEvent(event, new ServerSentEventContext(new PlaceGivenBack(context.parsingHandle(), call)));
            }
        }

        /** Looks at the first event, which may be a refusal: nobody has seen anything of the stream yet. */
        private boolean isAnswer(ServerSentEvent event, @Nullable ServerSentEventParsingHandle handle) {
            if (over || begun) {
                return !over;
            }
            Optional<Next> instead = refusal(event);
            if (instead.isPresent() && !(instead.get() instanceof Next.GiveUp)) {
                over = true;
                if (handle != null) {
                    handle.cancel();
                }
                whenItsTurn(new HttpException(status(), event.data()));
                return false;
            }
            begin();
            return true;
        }

        private Optional<Next> refusal(ServerSentEvent event) {
            SuccessfulHttpResponse response = opened;
            HeaderLookup headers = response == null ? HeaderLookup.none() : Requests.headers(response);
            return event.data() == null
                    ? Optional.empty()
                    : call.beganWith(headers, event.data().getBytes(StandardCharsets.UTF_8));
        }

        private int status() {
            SuccessfulHttpResponse response = opened;
            return response == null ? 200 : response.statusCode();
        }

        private void begin() {
            begun = true;
            if (opened != null) {
                listener.onOpen(opened);
            }
        }

        @Override
        public void onError(Throwable failure) {
            if (over) {
                return;
            }
            over = true;
            if (begun) {
                call.cutOff();
                listener.onError(failure);
            } else if (Failures.tell(call, failure) instanceof Next.GiveUp) {
                listener.onError(failure);
            } else {
                whenItsTurn(failure);
            }
        }

        @Override
        public void onClose() {
            if (over) {
                return;
            }
            over = true;
            if (!begun) {
                begin();
            }
            call.ended();
            listener.onClose();
        }
    }

    /** Cancelling a stream ends its call too; the client need not say anything more of it. */
    private record PlaceGivenBack(ServerSentEventParsingHandle handle, PacedCall call)
            implements ServerSentEventParsingHandle {
        @Override
        public void cancel() {
            call.cutOff();
            handle.cancel();
        }

        @Override
        public boolean isCancelled() {
            return handle.isCancelled();
        }
    }
}
