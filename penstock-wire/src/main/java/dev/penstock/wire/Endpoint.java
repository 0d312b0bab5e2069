package dev.penstock.wire;

import java.util.Optional;

/** The calls that draw on request and token quotas. All are POSTs of one JSON object. */
public enum Endpoint {
    CHAT_COMPLETIONS("/v1/chat/completions"),
    RESPONSES("/v1/responses"),
    COMPLETIONS("/v1/completions"),
    EMBEDDINGS("/v1/embeddings"),
    MODERATIONS("/v1/moderations");

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
            case EMBEDDINGS, MODERATIONS -> false;
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
            default -> Optional.empty();
        };
    }
}
