package dev.penstock.langchain4j;

import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.penstock.pacing.Penstock;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Lets calls through to a model. Listeners and defaults are the model's own, and hear of each attempt. */
final class PacedStreamingChatModel implements StreamingChatModel {
    private final StreamingChatModel model;
    private final Penstock penstock;

    PacedStreamingChatModel(StreamingChatModel model, Penstock penstock) {
        this.model = model;
        this.penstock = penstock;
    }

    @Override
    public void chat(ChatRequest request, StreamingChatResponseHandler handler) {
        start(request, handler, each -> model.chat(request, each));
    }

    @Override
    public void chat(ChatRequest request, ChatRequestOptions options, StreamingChatResponseHandler handler) {
        start(request, handler, each -> model.chat(request, options, each));
    }

    @Override
    public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
        start(request, handler, each -> model.doChat(request, each));
    }

    private void start(
            ChatRequest request, StreamingChatResponseHandler handler, Consumer<StreamingChatResponseHandler> send) {
        new PacedAnswer(
                        penstock.paced(PacedChatModel.paced(
                                request, model.defaultRequestParameters(), model.provider(), true)),
                        send,
                        handler)
                .start();
    }

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return model.defaultRequestParameters();
    }

    @Override
    public List<ChatModelListener> listeners() {
        return model.listeners();
    }

    @Override
    public ModelProvider provider() {
        return model.provider();
    }

    @Override
    public Set<Capability> supportedCapabilities() {
        return model.supportedCapabilities();
    }
}
