package dev.penstock.langchain4j;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Hears one streamed answer. */
final class Heard implements StreamingChatResponseHandler {
    private static final long MOST_SECONDS = 40;

    final CompletableFuture<PartialResponseContext> first = new CompletableFuture<>();
    final CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
    private final StringBuffer text = new StringBuffer();
    private volatile int ends;

    static Heard of(Consumer<StreamingChatResponseHandler> call) {
        Heard heard = new Heard();
        call.accept(heard);
        return heard;
    }

    @Override
    public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
        text.append(part.text());
        first.complete(context);
    }

    @Override
    public synchronized void onCompleteResponse(ChatResponse response) {
        ends++;
        whole.complete(response);
    }

    @Override
    public synchronized void onError(Throwable failure) {
        ends++;
        whole.completeExceptionally(failure);
    }

    ChatResponse answer() {
        return whole.orTimeout(MOST_SECONDS, TimeUnit.SECONDS).join();
    }

    String text() {
        return text.toString();
    }

    int ends() {
        return ends;
    }
}
