package dev.penstock.cli;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Limits of the user's own, as options give them. */
final class Caps {
    private Caps() {}

    static List<Limit> of(OptionalLong requestsPerMinute, OptionalLong requestsPerDay, OptionalLong tokensPerMinute) {
        List<Limit> caps = new ArrayList<>();
        add("--rpm", requestsPerMinute, Dimension.REQUESTS_PER_MINUTE, caps);
        add("--rpd", requestsPerDay, Dimension.REQUESTS_PER_DAY, caps);
        add("--tpm", tokensPerMinute, Dimension.TOKENS_PER_MINUTE, caps);
        return caps;
    }

    private static void add(String option, OptionalLong amount, Dimension dimension, List<Limit> caps) {
        if (amount.isPresent()) {
            if (amount.getAsLong() < 1) {
                throw new UsageException(option + " is " + amount.getAsLong() + "; it must be 1 or more");
            }
            caps.add(new Limit(dimension, amount.getAsLong()));
        }
    }
}
