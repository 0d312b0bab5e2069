package dev.penstock.emulator;

import dev.penstock.emulator.limiter.Limiter;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SequencedCollection;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** All batches, and the work on those that are not over. One owner. */
final class Batches {
    /** More than may be active at a time, so one of them is over, and the oldest such goes first. */
    private static final int MOST_REMEMBERED = 50_000;

    private final BatchBounds bounds;
    private final long seed;
    private final AskRules rules;
    private final BatchTally tally;
    private final Batch.Workshop workshop;
    private final Limiter creations;
    private final SequencedMap<String, Batch> all = new LinkedHashMap<>();
    private final List<Batch> active = new ArrayList<>();
    private int numbers;
    private int firstTurn;

    Batches(BatchBounds bounds, long seed, AskRules rules, BatchTally tally, Batch.Workshop workshop) {
        this.bounds = bounds;
        this.seed = seed;
        this.rules = rules;
        this.tally = tally;
        this.workshop = workshop;
        Dimension perHour = new Dimension(Scope.ORGANIZATION, Unit.REQUESTS, Duration.ofHours(1));
        this.creations = Shape.bucket().limiter(new Limit(perHour, bounds.creationsPerHour()), 0);
    }

    /** Whether as many batches are active as may be. */
    boolean isFull() {
        return active.size() >= bounds.activeBatches();
    }

    /** How long to wait before a batch may be created; empty when one may now. */
    OptionalLong creationWaitNanos(long nowNanos) {
        return creations.fits(1, nowNanos)
                ? OptionalLong.empty()
                : OptionalLong.of(creations.nanosUntilFits(1, nowNanos));
    }

    /** @param outputSeconds how long output files stay */
    Batch create(Route route, StoredFile input, Map<String, String> metadata, long outputSeconds, long nowNanos) {
        creations.take(1, nowNanos);
        int number = ++numbers;
        HexFormat hex = HexFormat.of();
        String id = "batch_" + hex.toHexDigits(Mix.mix(seed ^ number)) + hex.toHexDigits(Mix.mix(seed + 31L * number));
        SplittableRandom random = new SplittableRandom(Mix.mix(seed + number));
        Batch batch = new Batch(
                new Batch.Order(id, number, route, input, metadata, outputSeconds),
                workshop,
                new BatchScan(route, input, bounds, rules),
                workshop.settings().pace().ownNanos(random),
                nowNanos);
        all.put(id, batch);
        active.add(batch);
        tally.created(id, metadata);
        forgetOldest();
        return batch;
    }

    private void forgetOldest() {
        if (all.size() > MOST_REMEMBERED) {
            all.values().stream()
                    .filter(batch -> batch.status().isLast())
                    .findFirst()
                    .ifPresent(batch -> all.remove(batch.id()));
        }
    }

    @Nullable
    Batch find(String id) {
        return all.get(id);
    }

    /** In the order of their creation. */
    SequencedCollection<Batch> all() {
        return all.sequencedValues();
    }

    boolean isIdle() {
        return active.isEmpty();
    }

    /** Does what is due, as far as the budget allows. */
    void work(long nowNanos, WorkBudget budget) {
        // Validated in the order of creation: who came first has its tokens enqueued first.
        for (Batch batch : active) {
            batch.scan(budget);
            if (batch.needsScan()) {
                break;
            }
        }
        int count = active.size();
        firstTurn = count == 0 ? 0 : (firstTurn + 1) % count;
        for (int i = 0; i < count; i++) {
            active.get((firstTurn + i) % count).work(nowNanos, budget);
        }
        active.removeIf(this::isOver);
    }

    private boolean isOver(Batch batch) {
        if (batch.status().isLast()) {
            tally.ended(batch.status());
            return true;
        }
        return false;
    }
}
