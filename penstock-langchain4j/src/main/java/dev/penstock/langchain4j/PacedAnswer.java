package dev.penstock.langchain4j;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.PartialThinkingContext;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.PartialToolCallContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import dev.penstock.pacing.Next;
import dev.penstock.pacing.PacedCall;
import java.util.function.Consumer;

/**
 * One call of a streaming model, over all its attempts. Its handler hears of one attempt only: the one that began an answer,
 * or the last. What a model tells of an attempt comes from one thread at a time.
 */
final class PacedAnswer {
    private final PacedCall call;
    private final Consumer<StreamingChatResponseHandler> send;
    private final StreamingChatResponseHandler handler;

    PacedAnswer(PacedCall call, Consumer<StreamingChatResponseHandler> send, StreamingChatResponseHandler handler) {
        this.call = call;
        this.send = send;
        this.handler = handler;
    }

    void start() {
        whenItsTurn(new IllegalStateException("a call was given up before it was sent"));
    }

    /**
     * @param last what the handler hears if there is no other attempt
     */
    private void whenItsTurn(Throwable last) {
        Turns.await(call, this::send, () -> handler.onError(last), handler::onError);
    }

    private void send() {
        Attempt attempt = new Attempt();
        try {
            send.accept(attempt);
        } catch (RuntimeException notSent) {
            attempt.onError(notSent);
        }
    }

    private final class Attempt implements StreamingChatResponseHandler {
        private boolean begun;
        private boolean over;

        @Override
        public void onPartialResponse(String text) {
            begun = true;
            handler.onPartialResponse(text);
        }

        @Override
        public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
            begun = true;
            handler.onPartialResponse(part, new PartialResponseContext(placeGivenBack(context.streamingHandle())));
        }

        @Override
        public void onPartialThinking(PartialThinking part) {
            begun = true;
            handler.onPartialThinking(part);
        }

        @Override
        public void onPartialThinking(PartialThinking part, PartialThinkingContext context) {
            begun = true;
            handler.onPartialThinking(part, new PartialThinkingContext(placeGivenBack(context.streamingHandle())));
        }

        @Override
        public void onPartialToolCall(PartialToolCall part) {
            begun = true;
            handler.onPartialToolCall(part);
        }

        @Override
        public void onPartialToolCall(PartialToolCall part, PartialToolCallContext context) {
            begun = true;
            handler.onPartialToolCall(part, new PartialToolCallContext(placeGivenBack(context.streamingHandle())));
        }

        @Override
        public void onCompleteToolCall(CompleteToolCall whole) {
            begun = true;
            handler.onCompleteToolCall(whole);
        }

        @Override
        public void onUnmappedRawEvent(Object event) {
            begun = true;
            handler.onUnmappedRawEvent(event);
        }

        @Override
        public void onCompleteResponse(ChatResponse whole) {
            if (!over) {
                over = true;
                call.ended();
                handler.onCompleteResponse(whole);
            }
        }

        @Override
        public void onError(Throwable failure) {
            if (over) {
                // A handler of a user that throws at the end is told so; the call is over.
                handler.onError(failure);
                return;
            }
            if (begun) {
                // Models tell a handler that threw at a part of what it threw, and go on.
                call.cutOff();
                handler.onError(failure);
                return;
            }
            over = true;
            if (Failures.tell(call, failure) instanceof Next.GiveUp) {
                handler.onError(failure);
            } else {
                whenItsTurn(failure);
            }
        }
    }

    /** Cancelling an answer ends its call too; the model says nothing more of it. */
    private StreamingHandle placeGivenBack(StreamingHandle handle) {
        return new StreamingHandle() {
            @Override
            public void cancel() {
                call.cutOff();
                handle.cancel();
            }

            @Override
            public boolean isCancelled() {
                return handle.isCancelled();
            }
        };
    }
}
