package dev.penstock.emulator;

import org.jspecify.annotations.Nullable;

/** The endpoints that take from the limits. */
enum Route {
    CHAT("/v1/chat/completions", 0),
    RESPONSES("/v1/responses", 0),
    /** The legacy endpoint documents a default of 16 output tokens. */
    COMPLETIONS("/v1/completions", 16),
    EMBEDDINGS("/v1/embeddings", 0),
    MODERATIONS("/v1/moderations", 0);

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
        return this != EMBEDDINGS && this != MODERATIONS;
    }

    static @Nullable Route of(String path) {
        return switch (path) {
            case "/v1/chat/completions" -> CHAT;
            case "/v1/responses" -> RESPONSES;
            case "/v1/completions" -> COMPLETIONS;
            case "/v1/embeddings" -> EMBEDDINGS;
            case "/v1/moderations" -> MODERATIONS;
            default -> null;
        };
    }
}
