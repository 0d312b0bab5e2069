package dev.penstock.jobs;

import dev.penstock.jobs.auto.BatchHistory;
import dev.penstock.jobs.auto.FamilyState;
import dev.penstock.jobs.auto.LiveCapacity;
import dev.penstock.jobs.auto.Move;
import dev.penstock.jobs.auto.Outlook;
import dev.penstock.jobs.auto.Outlook.Chance;
import dev.penstock.jobs.auto.PartState;
import dev.penstock.jobs.auto.PartState.Stage;
import dev.penstock.jobs.auto.Steering;
import dev.penstock.jobs.batch.Admission;
import dev.penstock.jobs.batch.Part;
import dev.penstock.limit.Limit;
import dev.penstock.quota.LimitSource;
import dev.penstock.quota.QuotaSettings;
import dev.penstock.wire.Pricing;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Sends the rows of a job in batches as long as a deadline allows, and the others live at the same time, as {@link Steering}
 * says. The batches are driven on the thread of the caller, live calls on their event loop. A row is given to one of the two
 * in the job's file before it is sent, and never to both.
 */
final class AutoRun {
    /** The deadline as it was given, in milliseconds, and the Unix time at which it is. */
    private static final String DEADLINE = "auto.deadline";

    private static final double USUALLY = 0.9;
    private static final int MOST_ROWS_OF_A_BATCH = 50_000;
    private static final Duration TAIL = Duration.ofSeconds(30);
    private static final Duration SHORTEST_PERIOD = Duration.ofMillis(200);
    private static final Duration LONGEST_PERIOD = Duration.ofSeconds(5);
    private static final Duration ASSUMED_LATENCY = Duration.ofSeconds(2);
    private static final Duration NEWS = Duration.ofMillis(100);
    private static final double NANOS = 1e9;
    private static final int PERIODS = 500;
    private static final int SHARE_OF_THE_DEADLINE = 20;
    /** A row that is sent to learn the limits may take this long. */
    private static final Duration LEARNING = Duration.ofMinutes(2);

    private final RunSettings settings;
    private final JobInput input;
    private final JobStore store;
    private final JobCounts before;
    private final BatchRun batches;
    private final LiveRun live;
    private final CountDownLatch liveEnded;
    private final BatchTables tables;
    private final Consumer<RunPlan> planned;
    private final Consumer<String> notices;
    private final Queue<String> liveNews;
    private final Map<String, Family> families = new TreeMap<>();
    private final long deadlineMillis;
    private final long beganMillis;
    private final Steering steering;
    private BatchHistory history = BatchHistory.NONE;
    private int helpings;
    private Optional<RunPlan> plan = Optional.empty();
    private boolean late;
    private boolean begun;
    private String note = "";
    private long plannedMillis;
    private long liveRows;

    /** What is counted of a model family. */
    private static final class Family {
        final int number;
        final long rows;
        final double tokensPerRow;
        double inputTokensPerRow;
        long given;

        Family(int number, long rows, double tokensPerRow) {
            this.number = number;
            this.rows = rows;
            this.tokensPerRow = tokensPerRow;
        }
    }

    /** Of times that are short where a whole run is. */
    static Steering steering(Duration deadline, Duration cancelling) {
        Duration share = deadline.dividedBy(SHARE_OF_THE_DEADLINE);
        Duration period = deadline.dividedBy(PERIODS);
        return new Steering(
                deadline,
                min(TAIL, share),
                cancelling,
                period.compareTo(SHORTEST_PERIOD) < 0 ? SHORTEST_PERIOD : min(period, LONGEST_PERIOD));
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    /**
     * @param liveEnded counts down when {@code live} is over
     * @param planned hears the plan before anything is sent
     * @param notices hears what a person may want to know, on the thread of the caller
     * @param liveNews what live calls have to tell, from any thread
     */
    AutoRun(
            RunSettings settings,
            Duration deadline,
            JobInput input,
            JobStore store,
            JobCounts before,
            BatchRun batches,
            LiveRun live,
            CountDownLatch liveEnded,
            Consumer<RunPlan> planned,
            Consumer<String> notices,
            Queue<String> liveNews) {
        this.settings = settings;
        this.input = input;
        this.store = store;
        this.before = before;
        this.batches = batches;
        this.live = live;
        this.liveEnded = liveEnded;
        this.tables = batches.tables();
        this.planned = planned;
        this.notices = notices;
        this.liveNews = liveNews;
        this.beganMillis = tables.wallMillis();
        this.deadlineMillis = deadlineMillis(deadline);
        this.steering = steering(deadline, settings.cancelling());
        countFamilies();
        batches.admit(new Admission() {
            @Override
            public long mostPartRows() {
                return states().stream()
                        .filter(family -> family.freeRows() > 0)
                        .mapToLong(family -> steering.mostPartRows(family, left()))
                        .min()
                        .orElse(Long.MAX_VALUE);
            }

            @Override
            public boolean mayCreate(Part part) {
                return states().stream()
                        .filter(family -> family.family().equals(familyOf(part)))
                        .allMatch(
                                family -> steering.mayCreate(family, part.size().rows(), left()));
            }
        });
    }

    /** The same deadline again is the one of the run that was stopped; another one begins now. */
    private long deadlineMillis(Duration deadline) {
        String given = Long.toString(deadline.toMillis());
        Optional<String> kept = tables.note(DEADLINE).filter(text -> text.startsWith(given + " "));
        long at = kept.map(text -> Long.parseLong(text.substring(text.indexOf(' ') + 1)))
                .orElse(beganMillis + deadline.toMillis());
        begun = kept.isPresent();
        note = given + " " + at;
        return at;
    }

    private void countFamilies() {
        List<String> names = store.families();
        SortedMap<Integer, StratumCount> strata = store.pendingByStratum();
        Map<Integer, long[]> counts = new HashMap<>();
        strata.forEach((stratum, count) -> {
            long[] sums = counts.computeIfAbsent(Families.ofStratum(stratum), number -> new long[2]);
            sums[0] += count.rows();
            sums[1] += count.tokens();
        });
        counts.forEach((number, sums) -> families.put(
                number < names.size() ? names.get(number) : "",
                new Family(number, sums[0], (double) sums[1] / Math.max(1, sums[0]))));
    }

    private Duration left() {
        return Duration.ofMillis(deadlineMillis - tables.wallMillis());
    }

    private String familyOf(Part part) {
        return known(part.size().key().family());
    }

    /** Beyond a bound, families are counted together. */
    private String known(String family) {
        return families.containsKey(family) ? family : Families.OTHERS;
    }

    /** Runs to the end. */
    LiveRun.Result run() {
        history = batches.history();
        learnLimits();
        RunPlan first = makePlan();
        plan = Optional.of(first);
        if (first.chance() == Chance.IMPOSSIBLE && !begun && !tables.mayRun()) {
            live.endFeed();
            awaitLive();
            return together(batches.result(Optional.of(new StopCause.TooLate(tooLate(first)))), live.close());
        }
        tables.setNote(DEADLINE, note);
        planned.accept(first);
        LiveRun.Result result = drive();
        if (result.stop().isEmpty()) {
            tables.setNote(DEADLINE, ""); // rows that are tried again later have a time of their own
        }
        return result;
    }

    private String tooLate(RunPlan impossible) {
        return "The deadline cannot be met"
                + impossible
                        .soonest()
                        .map(soonest -> ": live calls and batches together need about " + words(soonest)
                                + ". Give --deadline " + spec(soonest) + " or more, or a tier with more quota.")
                        .orElse(".");
    }

    private static String words(Duration time) {
        return time.toHours() > 0
                ? time.toHours() + " h " + time.toMinutesPart() + " min"
                : Math.max(1, time.toMinutes()) + " min";
    }

    private static String spec(Duration time) {
        long minutes = time.plusSeconds(59).toMinutes();
        return minutes >= 60 ? minutes / 60 + "h" + minutes % 60 + "m" : minutes + "m";
    }

    /** A row of each family whose limits nobody has told is sent live: the answer shows them. */
    private void learnLimits() {
        List<String> unknown = families.entrySet().stream()
                .filter(entry ->
                        entry.getValue().rows > 1 && limits(entry.getKey()).isEmpty())
                .map(Map.Entry::getKey)
                .toList();
        if (unknown.isEmpty() || !settings.caps().isEmpty()) {
            return;
        }
        notices.accept("The limits of " + String.join(", ", unknown) + " are not known: a row of each goes live to"
                + " learn them. --tier names them without.");
        for (String family : unknown) {
            give(family, 1);
        }
        long until = tables.wallMillis() + min(LEARNING, left()).toMillis();
        while (unknown.stream().anyMatch(family -> endedLive(family) == 0)
                && tables.wallMillis() < until
                && !isStopped()) {
            batches.pause(steering.period().toNanos());
        }
    }

    private boolean isStopped() {
        return live.isOver() || batches.isInterrupted();
    }

    private void give(String name, long rows) {
        Family family = families.get(name);
        if (family == null) {
            return;
        }
        helpings++;
        long given = tables.giveFree(family.number, rows, helpings);
        if (given > 0) {
            family.given += given;
            live.feed(helpings);
        }
    }

    private long endedLive(String family) {
        return live.endedByFamily().getOrDefault(family, 0L);
    }

    private RunPlan makePlan() {
        Pricing pricing = new Pricing(settings.prices());
        RowSample sample = new RowSample(tables, input, store.counts(), pricing);
        families.forEach((name, family) -> family.inputTokensPerRow = sample.inputTokensPerRow(name));
        // More than what is open there: what batches have answered and nobody has fetched is still to be paid.
        long open = store.counts().pending();
        double leastLive = 0;
        double mostLive = 0;
        Chance chance = Chance.SURE;
        Optional<Duration> soonest = Optional.of(Duration.ZERO);
        Duration end = Duration.ZERO;
        Optional<Duration> usual = Optional.empty();
        Steering ahead = new Steering(left(), steering.tail(), steering.cancelling(), steering.period());
        for (FamilyState state : states()) {
            long rows = state.openRows();
            Outlook outlook = Outlook.of(state.capacity(), rows, state.rowsAtOnce(), history, ahead);
            leastLive += steering.mostPartRows(state, left()) == 0 ? rows : outlook.leastLiveShare() * rows;
            mostLive += outlook.mostLiveShare() * rows;
            chance = outlook.chance().compareTo(chance) > 0 ? outlook.chance() : chance;
            soonest = soonest.isEmpty() || outlook.soonest().isEmpty()
                    ? Optional.empty()
                    : Optional.of(longer(soonest.get(), outlook.soonest().get()));
            end = longer(end, outlook.expectedEnd());
            usual = usual.or(state::usual);
        }
        double all = Math.max(1, open);
        plannedMillis = tables.wallMillis();
        return new RunPlan(
                open,
                Instant.ofEpochMilli(deadlineMillis),
                left(),
                chance,
                soonest,
                end,
                leastLive / all,
                mostLive / all,
                cost(sample, open, leastLive),
                cost(sample, open, mostLive),
                sample.outputsAssumed(),
                history.past().size(),
                usual);
    }

    private static Optional<BigDecimal> cost(RowSample sample, long rows, double live) {
        double half = Pricing.BATCH_SHARE.doubleValue();
        return sample.liveDollars(live + (rows - live) * half);
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) >= 0 ? a : b;
    }

    private LiveRun.Result drive() {
        long nextDecision = tables.wallMillis();
        while (true) {
            tellNews();
            if (live.isOver()) {
                batches.interrupt();
                return together(batches.result(Optional.empty()), live.close());
            }
            if (tables.wallMillis() >= nextDecision) {
                steer();
                nextDecision = tables.wallMillis() + steering.period().toMillis();
            }
            Optional<LiveRun.Result> end = batches.step(steering.period().toNanos());
            if (end.isEmpty()) {
                continue;
            }
            boolean onlyLiveLeft =
                    batches.machine().parts().isEmpty() && tables.free(-1, 1).isEmpty();
            if (end.get().stop().isPresent()) {
                if (batches.isInterrupted()) {
                    awaitLive();
                } else {
                    live.hold();
                    awaitLive();
                }
                return together(end.get(), live.close());
            }
            if (onlyLiveLeft) {
                live.endFeed();
                awaitLive();
                LiveRun.Result result = together(batches.result(Optional.empty()), live.close());
                if (result.stop().isEmpty()) {
                    tables.requireSum();
                }
                return result;
            }
            batches.pause(steering.period().toNanos());
        }
    }

    private void tellNews() {
        for (String text = liveNews.poll(); text != null; text = liveNews.poll()) {
            notices.accept(text);
        }
    }

    private void awaitLive() {
        boolean interrupted = false;
        while (true) {
            try {
                // As long as it takes: its calls have their deadlines.
                while (!liveEnded.await(NEWS.toMillis(), TimeUnit.MILLISECONDS)) {
                    tellNews();
                }
                break;
            } catch (InterruptedException e) {
                interrupted = true;
                live.interrupt(true);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stores what live calls have answered, after something broke. */
    void abandon() {
        live.interrupt(false);
        awaitLive();
        try {
            var unused = live.close();
        } catch (RuntimeException e) {
            System.getLogger(AutoRun.class.getName()).log(System.Logger.Level.DEBUG, "live calls broke, too", e);
        }
    }

    private void steer() {
        for (FamilyState family : states()) {
            List<Move> moves = steering.decide(family, left());
            if (!moves.isEmpty() && !late) {
                late = true;
                notices.accept("Live calls begin now; batches go on beside them where there are any.");
            }
            moves.forEach(this::apply);
        }
    }

    private void apply(Move move) {
        switch (move) {
            case Move.TakeFree(String family, long rows) -> give(family, rows);
            case Move.TakeFromPart(int part, long rows) -> takeFromPart(part, rows);
            case Move.GiveUp(int part) -> batches.giveUp(part);
            case Move.Cancel(int part) -> {
                notices.accept(
                        "The batch of part " + part + " is cancelled, so that its other rows can go live in time.");
                batches.cancelSoon(part);
            }
        }
    }

    private void takeFromPart(int number, long rows) {
        Part part = batches.machine().parts().stream()
                .filter(each -> each.number() == number)
                .findFirst()
                .orElseThrow();
        helpings++;
        long taken = batches.giveLastRows(part, rows, helpings);
        Family family = families.get(familyOf(part));
        if (family != null) {
            family.given += taken;
        }
        live.feed(helpings);
    }

    private List<FamilyState> states() {
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

    /** Ends the run soon. Batches go on at the provider. */
    void interrupt(boolean atOnce) {
        batches.interrupt();
        live.interrupt(atOnce);
    }

    RunProgress progress() {
        return live.progress().beside(batches.progress(), before, before.dollars(settings.prices()));
    }

    /** How right the plan was; empty if there was none. */
    Optional<PlanOutcome> outcome(LiveRun.Result result) {
        return plan.map(was -> new PlanOutcome(
                was,
                Duration.ofMillis(tables.wallMillis() - plannedMillis),
                liveRows,
                Math.max(0, result.answered() + result.failed() - liveRows),
                result.costDollars()));
    }

    private LiveRun.Result together(LiveRun.Result batch, LiveRun.Result live) {
        liveRows = live.answered() + live.failed();
        List<FailedRow> failures = new ArrayList<>(batch.firstFailures());
        failures.addAll(live.firstFailures());
        return new LiveRun.Result(
                batch.stop()
                        .filter(stop -> !(stop instanceof StopCause.WayChanged))
                        .or(() -> live.stop().filter(stop -> !(stop instanceof StopCause.WayChanged))),
                batch.answered() + live.answered(),
                batch.failed() + live.failed(),
                batch.requests() + live.requests(),
                batch.retries() + live.retries(),
                live.refusals(),
                longer(batch.duration(), live.duration()),
                JobCounts.sum(batch.spent(), live.spent()),
                batches.costNow(),
                live.leastTime(),
                live.latencyMedian(),
                live.latency95(),
                live.latencyLongest(),
                failures.subList(0, Math.min(failures.size(), 10)));
    }
}
