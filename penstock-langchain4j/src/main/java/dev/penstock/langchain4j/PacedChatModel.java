package dev.penstock.langchain4j;

import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.penstock.pacing.PacedCall;
import dev.penstock.pacing.PacedRequest;
import dev.penstock.pacing.Penstock;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lets calls through to a model. Listeners and defaults are the model's own, and hear of each attempt. */
final class PacedChatModel implements ChatModel {
    private final ChatModel model;
    private final Penstock penstock;

    PacedChatModel(ChatModel model, Penstock penstock) {
        this.model = model;
        this.penstock = penstock;
    }

    @Override
    public ChatResponse chat(ChatRequest request) {
        return Blocking.run(call(request), call -> model.chat(request));
    }

    @Override
    public ChatResponse chat(ChatRequest request, ChatRequestOptions options) {
        return Blocking.run(call(request), call -> model.chat(request, options));
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        return Blocking.run(call(request), call -> model.doChat(request));
    }

    private PacedCall call(ChatRequest request) {
        return penstock.paced(paced(request, model.defaultRequestParameters(), model.provider(), false));
    }

    /** The request with the model's defaults, as far as it decides the cost. */
    static PacedRequest paced(
            ChatRequest request,
            @Nullable ChatRequestParameters defaults,
            @Nullable ModelProvider provider,
            boolean stream) {
        ChatRequestParameters own = request.parameters();
        ChatRequestParameters all = defaults == null ? own : defaults.overrideWith(own);
        String name = all.modelName() == null ? String.valueOf(provider) : all.modelName();
        return PacedRequest.read(
                "POST", "/v1/chat/completions", "application/json", Sketch.chat(name, request, all, stream));
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
