package dev.penstock.gateway;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import java.time.Duration;
import java.util.List;

/**
 * Limits of calls that name no model, which no answer shows: uploads of files (the API's specification, {@code POST
 * /files}) and creations of batches (the guide to the Batch API).
 */
final class KnownLimits {
    static final String FILES = "POST /files";
    static final String BATCHES = "POST /batches";

    private static final List<Limit> FILES_LIMITS = List.of(new Limit(Dimension.REQUESTS_PER_MINUTE, 1_000));
    private static final List<Limit> BATCHES_LIMITS =
            List.of(new Limit(new Dimension(Scope.ORGANIZATION, Unit.REQUESTS, Duration.ofHours(1)), 2_000));

    private KnownLimits() {}

    static List<Limit> of(String family) {
        return switch (family) {
            case FILES -> FILES_LIMITS;
            case BATCHES -> BATCHES_LIMITS;
            default -> List.of();
        };
    }
}
