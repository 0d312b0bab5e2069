package dev.penstock.gateway.config;

import dev.penstock.limit.Limit;
import java.util.List;

/**
 * Limits of the user's own for some model families.
 *
 * @param models pattern of families, {@code *} for any characters
 */
public record ModelCaps(String models, List<Limit> limits) {
    public ModelCaps {
        limits = List.copyOf(limits);
    }
}
