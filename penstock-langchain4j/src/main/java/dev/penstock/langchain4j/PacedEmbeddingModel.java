package dev.penstock.langchain4j;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.message.ContentType;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import dev.langchain4j.model.embedding.request.EmbeddingParameter;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.request.EmbeddingRequestParameters;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.output.Response;
import dev.penstock.pacing.PacedCall;
import dev.penstock.pacing.PacedRequest;
import dev.penstock.pacing.Penstock;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lets calls through to a model. Listeners and defaults are the model's own, and hear of each attempt. */
final class PacedEmbeddingModel implements EmbeddingModel {
    private final EmbeddingModel model;
    private final Penstock penstock;

    PacedEmbeddingModel(EmbeddingModel model, Penstock penstock) {
        this.model = model;
        this.penstock = penstock;
    }

    @Override
    public EmbeddingResponse embed(EmbeddingRequest request) {
        return Blocking.run(call(request), call -> model.embed(request));
    }

    @Override
    public EmbeddingResponse doEmbed(EmbeddingRequest request) {
        return Blocking.run(call(request), call -> model.doEmbed(request));
    }

    @Override
    public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
        List<String> texts = segments.stream().map(TextSegment::text).toList();
        return Blocking.run(call(null, texts), call -> model.embedAll(segments));
    }

    private PacedCall call(EmbeddingRequest request) {
        return call(
                request.modelName(),
                request.inputs().stream().map(PacedEmbeddingModel::text).toList());
    }

    private static String text(EmbeddingInput input) {
        return input.contentTypes().equals(Set.of(ContentType.TEXT)) ? input.text() : "";
    }

    private PacedCall call(@Nullable String named, List<String> texts) {
        String name = named != null ? named : model.modelName();
        return penstock.paced(PacedRequest.read(
                "POST",
                "/v1/embeddings",
                "application/json",
                Sketch.embeddings(name != null ? name : String.valueOf(model.provider()), texts)));
    }

    @Override
    public int dimension() {
        return model.dimension();
    }

    @Override
    public String modelName() {
        return model.modelName();
    }

    @Override
    public List<EmbeddingModelListener> listeners() {
        return model.listeners();
    }

    @Override
    public ModelProvider provider() {
        return model.provider();
    }

    @Override
    public EmbeddingRequestParameters defaultRequestParameters() {
        return model.defaultRequestParameters();
    }

    @Override
    public Set<EmbeddingParameter<?>> supportedParameters() {
        return model.supportedParameters();
    }

    @Override
    public Set<ContentType> supportedContentTypes() {
        return model.supportedContentTypes();
    }
}
