package dev.penstock.jobs;

import dev.penstock.jobs.auto.BatchHistory;
import dev.penstock.jobs.auto.FamilyState;
import dev.penstock.jobs.auto.LiveCapacity;
import dev.penstock.jobs.auto.PartState;
import dev.penstock.jobs.auto.PartState.Stage;
import dev.penstock.jobs.batch.Part;
import dev.penstock.limit.Limit;
import dev.penstock.quota.LimitSource;
import dev.penstock.quota.QuotaSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * Where the open rows of each model family are while batches and live calls take from them, and how fast live calls are. Used
 * by one thread.
 */
final class FamilyLedger {
    private static final double USUALLY = 0.9;
    private static final int MOST_ROWS_OF_A_BATCH = 50_000;
    private static final Duration ASSUMED_LATENCY = Duration.ofSeconds(2);
    private static final double NANOS = 1e9;
    /** Counting takes no more than this share of the time. */
    private static final int COUNTING_SHARE = 50;

    private final RunSettings settings;
    private final JobStore store;
    private final BatchRun batches;
    private final LiveRun live;
    private final Duration period;
    private final Map<String, Family> families = new TreeMap<>();
    private long nextCountMillis;

    /** What is counted of a model family. */
    private static final class Family {
        final int number;
        final long rows;
        double tokensPerRow;
        double inputTokensPerRow;
        long given;

        Family(int number, long rows) {
            this.number = number;
            this.rows = rows;
        }
    }

    FamilyLedger(RunSettings settings, JobStore store, BatchRun batches, LiveRun live, Duration period) {
        this.settings = settings;
        this.store = store;
        this.batches = batches;
        this.live = live;
        this.period = period;
        List<String> names = store.families();
        count().forEach((number, open) -> {
            Family family = new Family(number, open.rows());
            family.tokensPerRow = average(open);
            families.put(number < names.size() ? names.get(number) : "", family);
        });
    }

    /** Open rows and their tokens by the number of the family. */
    private Map<Integer, StratumCount> count() {
        Map<Integer, StratumCount> byFamily = new TreeMap<>();
        store.pendingByStratum()
                .forEach((stratum, count) -> byFamily.merge(
                        Families.ofStratum(stratum),
                        count,
                        (a, b) -> new StratumCount(a.rows() + b.rows(), a.tokens() + b.tokens())));
        return byFamily;
    }

    private static double average(StratumCount open) {
        return (double) open.tokens() / Math.max(1, open.rows());
    }

    /**
     * Looks again at how large the open rows are, once in a while: rows go live from the end, and those at the front may be of
     * another size.
     */
    void recount(LongSupplier wallMillis) {
        long before = wallMillis.getAsLong();
        if (before < nextCountMillis) {
            return;
        }
        Map<Integer, StratumCount> open = count();
        families.values().forEach(family -> {
            StratumCount left = open.get(family.number);
            if (left != null) {
                family.tokensPerRow = average(left);
            }
        });
        long now = wallMillis.getAsLong();
        Duration took = Duration.ofMillis(Math.max(0, now - before));
        nextCountMillis =
                now + AutoRun.longer(period, took.multipliedBy(COUNTING_SHARE)).toMillis();
    }

    /** Sets what rows of a family are enqueued with on average. */
    void inputTokensPerRow(ToDoubleFunction<String> ofFamily) {
        families.forEach((name, family) -> family.inputTokensPerRow = ofFamily.applyAsDouble(name));
    }

    /** Rows go live. */
    void given(String name, long rows) {
        family(name).given += rows;
    }

    int number(String name) {
        return family(name).number;
    }

    private Family family(String name) {
        return Objects.requireNonNull(families.get(name), "a model family that no open row has");
    }

    Set<String> names() {
        return families.keySet();
    }

    /** Families of several rows of whose limits nothing is known. */
    List<String> withoutLimits() {
        return families.entrySet().stream()
                .filter(entry ->
                        entry.getValue().rows > 1 && limits(entry.getKey()).isEmpty())
                .map(Map.Entry::getKey)
                .toList();
    }

    long endedLive(String family) {
        return live.endedByFamily().getOrDefault(family, 0L);
    }

    String familyOf(Part part) {
        return known(part.size().key().family());
    }

    /** Beyond a bound, families are counted together. */
    private String known(String family) {
        return families.containsKey(family) ? family : Families.OTHERS;
    }

    /** Where the rows are now. */
    List<FamilyState> states(BatchHistory history) {
        List<FamilyState> states = new ArrayList<>();
        List<Part> parts = batches.machine().parts();
        families.forEach((name, family) -> {
            List<PartState> of = new ArrayList<>();
            long inParts = 0;
            for (Part part : parts) {
                if (familyOf(part).equals(name)) {
                    inParts += part.size().rows();
                    state(part).ifPresent(of::add);
                }
            }
            long given = Math.max(0, family.given - endedLive(name));
            long ended = batches.endedByFamily().entrySet().stream()
                    .filter(entry -> known(entry.getKey()).equals(name))
                    .mapToLong(Map.Entry::getValue)
                    .sum();
            long free = family.rows - endedLive(name) - ended - inParts - given;
            long atOnce = rowsAtOnce(name, family);
            states.add(new FamilyState(
                    name,
                    capacity(name, family),
                    Math.max(0, free),
                    given,
                    of.stream()
                            .sorted(Comparator.comparingInt(PartState::number))
                            .toList(),
                    atOnce,
                    history.took(USUALLY, Math.min(atOnce, MOST_ROWS_OF_A_BATCH))));
        });
        return states;
    }

    private Optional<PartState> state(Part part) {
        if (batches.machine().isBeingFreed(part.number())) {
            return Optional.empty();
        }
        boolean cancelled = batches.machine().isCancelWanted(part.number());
        Optional<Stage> stage = switch (part.phase()) {
            case PLANNED -> Optional.of(Stage.WAITING);
            case UPLOADING, UPLOADED -> Optional.of(Stage.UPLOADED);
            case CREATING -> Optional.of(cancelled ? Stage.CANCELLING : Stage.RUNNING);
            case SUBMITTED ->
                Optional.of(
                        switch (part.status()) {
                            case CANCELLING -> Stage.CANCELLING;
                            case VALIDATING, FAILED, IN_PROGRESS, FINALIZING, COMPLETED, EXPIRED, CANCELLED, UNKNOWN ->
                                cancelled ? Stage.CANCELLING : Stage.RUNNING;
                        });
            case ENDED, MERGED, DISSOLVED -> Optional.empty();
        };
        // Rows that failed may come back to be sent again.
        long rows = Math.max(0, part.size().rows() - part.completed());
        long done = part.completed() + part.failed();
        return stage.map(at -> new PartState(part.number(), at, rows, done, batches.age(part)));
    }

    private long rowsAtOnce(String name, Family family) {
        OptionalLong tokens = batches.queueTokens(name);
        return tokens.isEmpty() || family.inputTokensPerRow == 0
                ? Math.max(1, family.rows)
                : (long) Math.clamp(tokens.getAsLong() / family.inputTokensPerRow, 1, Math.max(1, family.rows));
    }

    private LiveCapacity capacity(String name, Family family) {
        Duration latency = live.medianLatency().isZero() ? ASSUMED_LATENCY : live.medianLatency();
        int concurrency = settings.concurrency().orElse(QuotaSettings.DEFAULT_MAX_CONCURRENCY);
        double callsPerSecond = concurrency * NANOS / latency.toNanos() / families.size();
        return new LiveCapacity(limits(name), family.tokensPerRow, callsPerSecond);
    }

    /** What live calls have shown comes first, then what the tier is said to grant. */
    private List<LiveCapacity.Allowance> limits(String family) {
        List<LimitUse> shown = live.progress().limits().stream()
                .filter(use -> use.family().equals(family))
                .toList();
        Stream<LiveCapacity.Allowance> known =
                shown.stream().map(use -> new LiveCapacity.Allowance(withoutOthers(use), use.remaining()));
        if (shown.stream().anyMatch(use -> use.source() != LimitSource.CAP)) {
            return known.toList();
        }
        Stream<LiveCapacity.Allowance> granted = settings.batch().flatMap(BatchOptions::tier).stream()
                .flatMap(tier -> settings.tiers().find(family, tier).stream())
                .flatMap(row -> row.limits().stream())
                .map(LiveCapacity.Allowance::untouched);
        return Stream.concat(known, granted).toList();
    }

    private static Limit withoutOthers(LimitUse use) {
        double ours = 1 - Math.clamp(use.takenByOthers(), 0, 0.99);
        return new Limit(use.limit().dimension(), (long) Math.ceil(use.limit().amount() * ours));
    }
}
