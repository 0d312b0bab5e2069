package dev.penstock.wire;

import java.util.Optional;

/** The calls that draw on quotas. All are POSTs, of one JSON object or, where it is said, of a form. */
public enum Endpoint {
    CHAT_COMPLETIONS("/v1/chat/completions"),
    RESPONSES("/v1/responses"),
    COMPLETIONS("/v1/completions"),
    EMBEDDINGS("/v1/embeddings"),
    MODERATIONS("/v1/moderations"),
    IMAGES_GENERATIONS("/v1/images/generations"),
    /** A form with pictures, or a JSON object that points to them. */
    IMAGES_EDITS("/v1/images/edits"),
    /** A form with a recording. */
    AUDIO_TRANSCRIPTIONS("/v1/audio/transcriptions"),
    /** Answers with sound, not with JSON. */
    AUDIO_SPEECH("/v1/audio/speech");

    private final String path;

    Endpoint(String path) {
        this.path = path;
    }

    /** The path from the root of the API's host, for example {@code /v1/responses}. */
    public String path() {
        return path;
    }

    /** Whether an answer holds generated tokens, so that its maximum is reserved beforehand. */
    public boolean generates() {
        return switch (this) {
            case CHAT_COMPLETIONS, RESPONSES, COMPLETIONS -> true;
            case EMBEDDINGS, MODERATIONS, IMAGES_GENERATIONS, IMAGES_EDITS, AUDIO_TRANSCRIPTIONS, AUDIO_SPEECH -> false;
        };
    }

    /** Whether an answer holds pictures, which are counted by image limits. */
    public boolean makesImages() {
        return switch (this) {
            case IMAGES_GENERATIONS, IMAGES_EDITS -> true;
            case CHAT_COMPLETIONS,
                    RESPONSES,
                    COMPLETIONS,
                    EMBEDDINGS,
                    MODERATIONS,
                    AUDIO_TRANSCRIPTIONS,
                    AUDIO_SPEECH -> false;
        };
    }

    /** Whether tokens are counted: pictures and sound are limited by requests and images alone. */
    public boolean countsTokens() {
        return switch (this) {
            case CHAT_COMPLETIONS, RESPONSES, COMPLETIONS, EMBEDDINGS, MODERATIONS -> true;
            case IMAGES_GENERATIONS, IMAGES_EDITS, AUDIO_TRANSCRIPTIONS, AUDIO_SPEECH -> false;
        };
    }

    /** The endpoint of exactly this path; a query after it is passed over. */
    public static Optional<Endpoint> ofPath(String path) {
        int query = path.indexOf('?');
        return switch (query < 0 ? path : path.substring(0, query)) {
            case "/v1/chat/completions" -> Optional.of(CHAT_COMPLETIONS);
            case "/v1/responses" -> Optional.of(RESPONSES);
            case "/v1/completions" -> Optional.of(COMPLETIONS);
            case "/v1/embeddings" -> Optional.of(EMBEDDINGS);
            case "/v1/moderations" -> Optional.of(MODERATIONS);
            case "/v1/images/generations" -> Optional.of(IMAGES_GENERATIONS);
            case "/v1/images/edits" -> Optional.of(IMAGES_EDITS);
            case "/v1/audio/transcriptions" -> Optional.of(AUDIO_TRANSCRIPTIONS);
            case "/v1/audio/speech" -> Optional.of(AUDIO_SPEECH);
            default -> Optional.empty();
        };
    }
}
