package dev.penstock.jobs;

import dev.penstock.jobs.auto.BatchHistory;
import dev.penstock.jobs.auto.FamilyState;
import dev.penstock.jobs.auto.Move;
import dev.penstock.jobs.auto.Outlook.Chance;
import dev.penstock.jobs.auto.Steering;
import dev.penstock.jobs.batch.Admission;
import dev.penstock.jobs.batch.Part;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Sends the rows of a job in batches as long as a deadline allows, and the others live at the same time, as {@link Steering}
 * says. The batches are driven on the thread of the caller, live calls on their event loop. A row is given to one of the two
 * in the job's file before it is sent, and never to both.
 */
final class AutoRun {
    /** The deadline as it was given, in milliseconds, and the Unix time at which it is. */
    private static final String DEADLINE = "auto.deadline";

    private static final Duration TAIL = Duration.ofSeconds(30);
    private static final Duration SHORTEST_PERIOD = Duration.ofMillis(200);
    private static final Duration LONGEST_PERIOD = Duration.ofSeconds(5);
    private static final Duration NEWS = Duration.ofMillis(100);
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
    private final FamilyLedger ledger;
    private final long deadlineMillis;
    private final long beganMillis;
    private final Steering steering;
    private BatchHistory history = BatchHistory.NONE;
    private int helpings;
    private Optional<RunPlan> plan = Optional.empty();
    /** Models whose batches the provider refuses. */
    private final Set<String> withoutBatches = new HashSet<>();

    private boolean late;
    private boolean begun;
    private String note = "";
    private long plannedMillis;
    private long liveRows;

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
        this.ledger = new FamilyLedger(settings, store, batches, live, steering.period());
        batches.admit(new Admission() {
            @Override
            public long mostPartRows() {
                return ledger.states(history).stream()
                        .filter(family -> family.freeRows() > 0)
                        .mapToLong(family -> steering.mostPartRows(family, left()))
                        .min()
                        .orElse(Long.MAX_VALUE);
            }

            @Override
            public boolean goesOnWithout(Part part, String explanation) {
                String name = ledger.familyOf(part);
                if (withoutBatches.add(name)) {
                    notices.accept(explanation + " So the rows of " + name + " go live.");
                }
                return true;
            }

            @Override
            public boolean mayCreate(Part part) {
                return !withoutBatches.contains(ledger.familyOf(part))
                        && ledger.states(history).stream()
                                .filter(family -> family.family().equals(ledger.familyOf(part)))
                                .allMatch(family ->
                                        steering.mayCreate(family, part.size().rows(), left()));
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

    private Duration left() {
        return Duration.ofMillis(deadlineMillis - tables.wallMillis());
    }

    /** Runs to the end. */
    LiveRun.Result run() {
        history = batches.history();
        learnLimits();
        plannedMillis = tables.wallMillis();
        RunPlan first = new RunPlanner(settings, input, store, tables, ledger)
                .plan(steering, history, begun, Instant.ofEpochMilli(deadlineMillis), left());
        plan = Optional.of(first);
        if (first.chance() == Chance.IMPOSSIBLE && !begun && !tables.mayRun()) {
            live.endFeed();
            awaitLive();
            return together(
                    batches.result(Optional.of(new StopCause.TooLate(RunPlanner.tooLate(first)))), live.close());
        }
        tables.setNote(DEADLINE, note);
        planned.accept(first);
        LiveRun.Result result = drive();
        if (result.stop().isEmpty()) {
            tables.setNote(DEADLINE, ""); // rows that are tried again later have a time of their own
        }
        return result;
    }

    /** A row of each family whose limits nobody has told is sent live: the answer shows them. */
    private void learnLimits() {
        List<String> unknown = ledger.withoutLimits();
        if (unknown.isEmpty() || !settings.caps().isEmpty()) {
            return;
        }
        notices.accept("The limits of " + String.join(", ", unknown) + " are not known, so a row of each goes live to"
                + " learn them; with --tier that is not needed.");
        for (String family : unknown) {
            give(family, 1);
        }
        long until = tables.wallMillis() + min(LEARNING, left()).toMillis();
        while (unknown.stream().anyMatch(family -> ledger.endedLive(family) == 0)
                && tables.wallMillis() < until
                && !isStopped()) {
            batches.pause(steering.period().toNanos());
        }
    }

    private boolean isStopped() {
        return live.isOver() || batches.isInterrupted();
    }

    private void give(String name, long rows) {
        helpings++;
        long given = tables.giveFree(ledger.number(name), rows, helpings);
        if (given > 0) {
            ledger.given(name, given);
            live.feed(helpings);
        }
    }

    static Duration longer(Duration a, Duration b) {
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
            goOnWithoutBatches();
            if (end.isEmpty()) {
                continue;
            }
            boolean onlyLiveLeft =
                    batches.machine().parts().isEmpty() && tables.free(-1, 1).isEmpty();
            Optional<StopCause> stop = end.get().stop();
            if (stop.isPresent()) {
                if (stop.get() instanceof StopCause.ByProvider && !tables.mayRun()) {
                    return goOnLive(stop.get());
                }
                if (!batches.isInterrupted()) {
                    live.hold();
                }
                awaitLive();
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

    /** Not every provider has batches. */
    private LiveRun.Result goOnLive(StopCause refused) {
        notices.accept(refused.explanation() + " No batch can be created, so all rows go live.");
        tables.releaseIdle();
        ledger.names().forEach(name -> give(name, Long.MAX_VALUE));
        live.endFeed();
        awaitLive();
        return together(batches.result(Optional.empty()), live.close());
    }

    /** Nothing of these models may be dealt to a part again, so this is asked between any two steps. */
    private void goOnWithoutBatches() {
        for (String name : withoutBatches) {
            give(name, Long.MAX_VALUE);
            for (Part part : batches.machine().parts()) {
                if (ledger.familyOf(part).equals(name)) {
                    switch (part.phase()) {
                        case PLANNED -> takeFromPart(part.number(), part.size().rows());
                        case UPLOADED -> batches.giveUp(part.number());
                        case UPLOADING, CREATING, SUBMITTED, ENDED, MERGED, DISSOLVED -> {}
                    }
                }
            }
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
        ledger.recount(tables::wallMillis);
        for (FamilyState family : ledger.states(history)) {
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
        ledger.given(ledger.familyOf(part), taken);
        live.feed(helpings);
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
                live.requests(),
                live.retries(),
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
