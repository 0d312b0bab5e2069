package dev.penstock.springai;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import dev.penstock.openai.PenstockOpenAI;
import dev.penstock.pacing.Penstock;
import io.micrometer.observation.ObservationRegistry;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.Supplier;
import org.springframework.ai.chat.observation.ChatModelObservationConvention;
import org.springframework.ai.document.MetadataMode;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationConvention;
import org.springframework.ai.image.observation.ImageModelObservationConvention;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.openai.OpenAiAudioSpeechModel;
import org.springframework.ai.openai.OpenAiAudioTranscriptionModel;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiEmbeddingModel;
import org.springframework.ai.openai.OpenAiImageModel;
import org.springframework.ai.openai.OpenAiModerationModel;

/**
 * OpenAI models of Spring AI, paced: the model that comes back is built like the given one, and its client is the given one's,
 * paced as {@link PenstockOpenAI} does it. Under Spring Boot this happens by itself to all such beans, see
 * {@link PenstockAutoConfiguration}.
 *
 * {@snippet class="SpringAiSnippets" region="pace"}
 *
 * <ul>
 *   <li>The client's own retries ({@code spring.ai.openai.max-retries}) are switched off; Penstock repeats what is worth it.
 *   <li>{@code spring.ai.openai.timeout} holds for each attempt, not for the wait before it.
 *   <li>A call that cannot start in time fails before it is sent with a {@link dev.penstock.pacing.RefusedException}.
 *   <li>Streams are not limited to the number that the HTTP library runs at a time.
 * </ul>
 *
 * <p>What comes from here is not paced again when it is given here. Stateless and thread-safe.
 */
public final class PenstockOpenAiModels {
    /** Models do not say whether their client is paced; one that were paced twice would wait for itself. */
    private static final Set<Object> PACED =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    private PenstockOpenAiModels() {}

    /**
     * The same model, whose calls wait for quota.
     *
     * @throws IllegalStateException if this version of Spring AI keeps its client elsewhere than 2.0 does
     */
    public static OpenAiChatModel pace(OpenAiChatModel model, Penstock penstock) {
        if (isPaced(model)) {
            return model;
        }
        ModelParts parts = new ModelParts(model);
        OpenAiChatModel paced = OpenAiChatModel.builder()
                .openAiClient(client(parts, penstock))
                .openAiClientAsync(
                        PenstockOpenAI.pace(parts.get("openAiClientAsync", OpenAIClientAsync.class), penstock))
                .options(model.getOptions())
                .toolCallingManager(parts.get("toolCallingManager", ToolCallingManager.class))
                .observationRegistry(parts.get("observationRegistry", ObservationRegistry.class))
                .build();
        paced.setObservationConvention(parts.get("observationConvention", ChatModelObservationConvention.class));
        return remembered(paced);
    }

    /** As {@link #pace(OpenAiChatModel, Penstock)}. */
    public static OpenAiEmbeddingModel pace(OpenAiEmbeddingModel model, Penstock penstock) {
        if (isPaced(model)) {
            return model;
        }
        ModelParts parts = new ModelParts(model);
        OpenAiEmbeddingModel paced = OpenAiEmbeddingModel.builder()
                .openAiClient(client(parts, penstock))
                .options(model.getOptions())
                .metadataMode(parts.get("metadataMode", MetadataMode.class))
                .observationRegistry(parts.get("observationRegistry", ObservationRegistry.class))
                .build();
        paced.setObservationConvention(parts.get("observationConvention", EmbeddingModelObservationConvention.class));
        return remembered(paced);
    }

    /** As {@link #pace(OpenAiChatModel, Penstock)}. */
    public static OpenAiImageModel pace(OpenAiImageModel model, Penstock penstock) {
        if (isPaced(model)) {
            return model;
        }
        ModelParts parts = new ModelParts(model);
        OpenAiImageModel paced = OpenAiImageModel.builder()
                .openAiClient(client(parts, penstock))
                .options(model.getOptions())
                .observationRegistry(parts.get("observationRegistry", ObservationRegistry.class))
                .build();
        paced.setObservationConvention(parts.get("observationConvention", ImageModelObservationConvention.class));
        return remembered(paced);
    }

    /** As {@link #pace(OpenAiChatModel, Penstock)}. */
    public static OpenAiModerationModel pace(OpenAiModerationModel model, Penstock penstock) {
        return isPaced(model)
                ? model
                : remembered(model.mutate()
                        .openAiClient(client(new ModelParts(model), penstock))
                        .build());
    }

    /** As {@link #pace(OpenAiChatModel, Penstock)}. */
    public static OpenAiAudioSpeechModel pace(OpenAiAudioSpeechModel model, Penstock penstock) {
        return isPaced(model)
                ? model
                : remembered(model.mutate()
                        .openAiClient(client(new ModelParts(model), penstock))
                        .build());
    }

    /** As {@link #pace(OpenAiChatModel, Penstock)}. */
    public static OpenAiAudioTranscriptionModel pace(OpenAiAudioTranscriptionModel model, Penstock penstock) {
        return isPaced(model)
                ? model
                : remembered(model.mutate()
                        .openAiClient(client(new ModelParts(model), penstock))
                        .build());
    }

    /** The bean paced if it is one of these models, else the bean. */
    static Object paceIfKnown(Object bean, Supplier<Penstock> penstock) {
        return switch (bean) {
            case OpenAiChatModel model -> pace(model, penstock.get());
            case OpenAiEmbeddingModel model -> pace(model, penstock.get());
            case OpenAiImageModel model -> pace(model, penstock.get());
            case OpenAiModerationModel model -> pace(model, penstock.get());
            case OpenAiAudioSpeechModel model -> pace(model, penstock.get());
            case OpenAiAudioTranscriptionModel model -> pace(model, penstock.get());
            default -> bean;
        };
    }

    private static OpenAIClient client(ModelParts parts, Penstock penstock) {
        return PenstockOpenAI.pace(parts.get("openAiClient", OpenAIClient.class), penstock);
    }

    private static boolean isPaced(Object model) {
        return PACED.contains(model);
    }

    private static <T> T remembered(T model) {
        PACED.add(model);
        return model;
    }
}
