package dev.penstock.emulator;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The endpoints that take from the limits. */
enum Route {
    CHAT("/v1/chat/completions", 0),
    RESPONSES("/v1/responses", 0),
    /** The legacy endpoint documents a default of 16 output tokens. */
    COMPLETIONS("/v1/completions", 16),
    EMBEDDINGS("/v1/embeddings", 0),
    MODERATIONS("/v1/moderations", 0),
    IMAGES_GENERATIONS("/v1/images/generations", 0),
    IMAGES_EDITS("/v1/images/edits", 0),
    AUDIO_TRANSCRIPTIONS("/v1/audio/transcriptions", 0),
    AUDIO_SPEECH("/v1/audio/speech", 0);

    private final String path;
    private final int outputTokensIfUnset;

    Route(String path, int outputTokensIfUnset) {
        this.path = path;
        this.outputTokensIfUnset = outputTokensIfUnset;
    }

    String path() {
        return path;
    }

    int outputTokensIfUnset() {
        return outputTokensIfUnset;
    }

    boolean hasOutput() {
        return switch (this) {
            case CHAT, RESPONSES, COMPLETIONS -> true;
            case EMBEDDINGS, MODERATIONS, IMAGES_GENERATIONS, IMAGES_EDITS, AUDIO_TRANSCRIPTIONS, AUDIO_SPEECH -> false;
        };
    }

    boolean makesImages() {
        return this == IMAGES_GENERATIONS || this == IMAGES_EDITS;
    }

    /** Pictures and sound are limited by requests and images alone. */
    boolean takesTokens() {
        return !makesImages() && this != AUDIO_TRANSCRIPTIONS && this != AUDIO_SPEECH;
    }

    /** Whether the endpoint can be that of a batch. */
    boolean takesBatches() {
        return switch (this) {
            case CHAT, RESPONSES, COMPLETIONS, EMBEDDINGS, MODERATIONS, IMAGES_GENERATIONS, IMAGES_EDITS -> true;
            case AUDIO_TRANSCRIPTIONS, AUDIO_SPEECH -> false;
        };
    }

    /** The endpoints of batches, as a refusal lists them. */
    static String ofBatches() {
        return Arrays.stream(values())
                .filter(Route::takesBatches)
                .map(route -> "'" + route.path + "'")
                .collect(Collectors.joining(", "));
    }

    static @Nullable Route of(String path) {
        return switch (path) {
            case "/v1/chat/completions" -> CHAT;
            case "/v1/responses" -> RESPONSES;
            case "/v1/completions" -> COMPLETIONS;
            case "/v1/embeddings" -> EMBEDDINGS;
            case "/v1/moderations" -> MODERATIONS;
            case "/v1/images/generations" -> IMAGES_GENERATIONS;
            case "/v1/images/edits" -> IMAGES_EDITS;
            case "/v1/audio/transcriptions" -> AUDIO_TRANSCRIPTIONS;
            case "/v1/audio/speech" -> AUDIO_SPEECH;
            default -> null;
        };
    }
}
