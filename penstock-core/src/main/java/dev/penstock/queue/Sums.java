package dev.penstock.queue;

import dev.penstock.limit.Cost;
import org.jspecify.annotations.Nullable;

/** Adds up requests. Counts stop at the greatest long instead of turning negative. */
final class Sums {
    private long requests;
    private long tokens;
    private long images;
    private double shareSeconds;

    /** One request. */
    void add(Waiting<?> request) {
        Cost cost = request.cost();
        add(cost.requests(), cost.tokens(), cost.images(), request.shareSeconds);
    }

    /** A request and all below it in its tree. */
    void addSubtree(@Nullable Waiting<?> top) {
        if (top != null) {
            add(top.requestsBelow, top.tokensBelow, top.imagesBelow, top.shareBelow);
        }
    }

    /** A part of other sums, to the nearest unit. */
    void addPart(Sums other, double part) {
        if (part >= 1) {
            add(other.requests, other.tokens, other.images, other.shareSeconds);
        } else {
            add(
                    Math.round(other.requests * part),
                    Math.round(other.tokens * part),
                    Math.round(other.images * part),
                    other.shareSeconds * part);
        }
    }

    double shareSeconds() {
        return shareSeconds;
    }

    Cost cost() {
        return new Cost(requests, tokens, images);
    }

    private void add(long moreRequests, long moreTokens, long moreImages, double moreSeconds) {
        requests = plus(requests, moreRequests);
        tokens = plus(tokens, moreTokens);
        images = plus(images, moreImages);
        shareSeconds += moreSeconds;
    }

    /** Of two numbers that are not negative. */
    static long plus(long a, long b) {
        long sum = a + b;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }
}
