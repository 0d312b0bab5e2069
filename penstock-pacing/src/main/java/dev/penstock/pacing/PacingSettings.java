package dev.penstock.pacing;

import dev.penstock.limit.Limit;
import dev.penstock.quota.Quota;
import dev.penstock.quota.QuotaSettings;
import dev.penstock.retry.RetryPolicy;
import dev.penstock.time.TimeSource;
import dev.penstock.wire.TierRow;
import dev.penstock.wire.TierTable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** What a {@link Penstock} was built with; {@link Penstock.Builder} says what each means. */
record PacingSettings(
        List<Limit> caps,
        Map<String, List<Limit>> familyCaps,
        Optional<String> tier,
        TierTable tiers,
        boolean learning,
        int concurrency,
        int maxWaiting,
        Duration patience,
        RetryPolicy retry,
        TimeSource time,
        RandomGenerator random,
        Executor executor) {

    Quota quotaOf(String family) {
        List<Limit> capsOfFamily = familyCaps.getOrDefault(family, caps);
        if (!learning) {
            return new Quota(QuotaSettings.capsAlone(capsOfFamily).withMaxConcurrency(concurrency));
        }
        List<Limit> known = tier.flatMap(name -> tiers.find(family, name))
                .map(TierRow::limits)
                .orElse(List.of());
        return new Quota(QuotaSettings.learnEverything()
                .withKnown(known)
                .withCaps(capsOfFamily)
                .withMaxConcurrency(concurrency)
                .withHidden(shown ->
                        tiers.matching(family, shown).map(TierRow::limits).orElse(List.of())));
    }
}
