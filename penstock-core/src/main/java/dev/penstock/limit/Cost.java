package dev.penstock.limit;

/**
 * What one request takes from each unit when the provider admits it.
 *
 * @param requests usually 1
 * @param tokens estimated input plus the most output that was asked for, as the provider charges it
 * @param images images to be made, 0 for text
 */
public record Cost(long requests, long tokens, long images) {
    public Cost {
        if (requests < 0 || tokens < 0 || images < 0) {
            throw new IllegalArgumentException("cost is " + requests + " requests, " + tokens + " tokens, " + images
                    + " images; none may be negative");
        }
    }

    /** One request of this many tokens and no images. */
    public static Cost ofTokens(long tokens) {
        return new Cost(1, tokens, 0);
    }

    /** Both together. */
    public Cost plus(Cost other) {
        return new Cost(requests + other.requests, tokens + other.tokens, images + other.images);
    }

    public long of(Unit unit) {
        return switch (unit) {
            case REQUESTS -> requests;
            case TOKENS -> tokens;
            case IMAGES -> images;
        };
    }
}
