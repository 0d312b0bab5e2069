package dev.penstock.emulator;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.wire.TierRow;
import dev.penstock.wire.TierTable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/** Which limits a model family has. Immutable and thread-safe. */
public sealed interface FamilyLimits {
    /** The family's limits; an empty list means that it has none. */
    List<Limit> of(String family);

    /** The families that have limits of their own, for {@code GET /v1/models}. */
    List<String> families();

    /** Prompt tokens that a family may have enqueued in batches; empty when that is not limited. */
    OptionalLong batchQueueTokens(String family);

    /** No limits at all, and therefore no rate limit headers. */
    static FamilyLimits none() {
        return new Same(List.of());
    }

    /**
     * The same limits for every family, each family with its own quota.
     *
     * @throws IllegalArgumentException when two of them limit the same unit over the same window
     */
    static FamilyLimits same(List<Limit> limits) {
        Set<Dimension> dimensions = new HashSet<>();
        for (Limit limit : limits) {
            if (!dimensions.add(limit.dimension())) {
                throw new IllegalArgumentException(
                        "the limit on " + limit.dimension().label() + " is given twice; give it once");
            }
        }
        return new Same(List.copyOf(limits));
    }

    /** The same explicit limits for every family; one that is absent is not enforced. */
    static FamilyLimits explicit(
            OptionalLong requestsPerMinute, OptionalLong tokensPerMinute, OptionalLong requestsPerDay) {
        return explicit(requestsPerMinute, tokensPerMinute, requestsPerDay, List.of());
    }

    /**
     * The same explicit limits for every family; one that is absent is not enforced.
     *
     * @param others of any unit and window, see {@link LimitText}
     * @throws IllegalArgumentException when two of them limit the same unit over the same window
     */
    static FamilyLimits explicit(
            OptionalLong requestsPerMinute,
            OptionalLong tokensPerMinute,
            OptionalLong requestsPerDay,
            List<Limit> others) {
        List<Limit> limits = new ArrayList<>();
        requestsPerMinute.ifPresent(amount -> limits.add(new Limit(Dimension.REQUESTS_PER_MINUTE, amount)));
        requestsPerDay.ifPresent(amount -> limits.add(new Limit(Dimension.REQUESTS_PER_DAY, amount)));
        tokensPerMinute.ifPresent(amount -> limits.add(new Limit(Dimension.TOKENS_PER_MINUTE, amount)));
        limits.addAll(others);
        return same(limits);
    }

    /**
     * A tier of the built-in table.
     *
     * @param tier for example {@code 1}, {@code tier-1} or {@code free}
     * @throws IllegalArgumentException when the table does not have the tier
     */
    static FamilyLimits ofTier(String tier) {
        return new Tier(TierTable.builtIn(), tier, Map.of());
    }

    /** A tier of a table. A family that the table does not have gets the limits of gpt-4o-mini. */
    record Tier(TierTable table, String tier, Map<String, List<Limit>> overrides) implements FamilyLimits {
        private static final String STAND_IN = "gpt-4o-mini";

        public Tier {
            overrides = Map.copyOf(overrides);
            if (standIn(table, tier).isEmpty()) {
                TreeSet<String> known = new TreeSet<>();
                table.rows().forEach(row -> known.add(row.tier()));
                throw new IllegalArgumentException("tier is '" + tier + "'; it must be one of the table's tiers "
                        + String.join(", ", known) + ", for example --tier 1");
            }
        }

        @Override
        public List<Limit> of(String family) {
            List<Limit> override = overrides.get(family);
            if (override != null) {
                return override;
            }
            return table.find(family, tier)
                    .or(() -> standIn(table, tier))
                    .map(TierRow::limits)
                    .orElseThrow();
        }

        @Override
        public List<String> families() {
            return table.rows().stream()
                    .map(TierRow::family)
                    .distinct()
                    .filter(family -> table.find(family, tier).isPresent())
                    .toList();
        }

        @Override
        public OptionalLong batchQueueTokens(String family) {
            return table.find(family, tier)
                    .or(() -> standIn(table, tier))
                    .map(TierRow::batchQueueTokens)
                    .orElse(OptionalLong.empty());
        }

        private static Optional<TierRow> standIn(TierTable table, String tier) {
            return table.find(STAND_IN, tier)
                    .or(() -> table.rows().stream()
                            .filter(row -> table.find(row.family(), tier).isPresent())
                            .flatMap(row -> table.find(row.family(), tier).stream())
                            .findFirst());
        }
    }

    /** The same limits for every family. */
    record Same(List<Limit> limits) implements FamilyLimits {
        @Override
        public List<Limit> of(String family) {
            return limits;
        }

        @Override
        public OptionalLong batchQueueTokens(String family) {
            return OptionalLong.empty();
        }

        @Override
        public List<String> families() {
            return List.of("gpt-4o", "gpt-4o-mini", "gpt-5", "gpt-5-mini", "text-embedding-3-small");
        }
    }
}
