package dev.penstock.jobs;

import dev.penstock.jobs.auto.BatchHistory;
import dev.penstock.jobs.auto.FamilyState;
import dev.penstock.jobs.auto.Outlook;
import dev.penstock.jobs.auto.Outlook.Chance;
import dev.penstock.jobs.auto.Steering;
import dev.penstock.wire.Pricing;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Says beforehand what a run with a deadline is going to do, what that costs and whether it can be in time. */
final class RunPlanner {
    private static final int MOST_ROUNDS = 10;

    private final RunSettings settings;
    private final JobInput input;
    private final JobStore store;
    private final BatchTables tables;
    private final FamilyLedger ledger;

    RunPlanner(RunSettings settings, JobInput input, JobStore store, BatchTables tables, FamilyLedger ledger) {
        this.settings = settings;
        this.input = input;
        this.store = store;
        this.tables = tables;
        this.ledger = ledger;
    }

    RunPlan plan(Steering steering, BatchHistory history, boolean resumed, Instant deadline, Duration left) {
        Pricing pricing = new Pricing(settings.prices());
        RowSample sample = new RowSample(tables, input, store.counts(), pricing);
        ledger.inputTokensPerRow(sample::inputTokensPerRow);
        // More than what is open there: what batches have answered and nobody has fetched is still to be paid.
        long open = store.counts().pending();
        double leastLive = 0;
        double mostLive = 0;
        Chance chance = Chance.SURE;
        Optional<Duration> soonest = Optional.of(Duration.ZERO);
        Duration end = Duration.ZERO;
        Optional<Duration> usual = Optional.empty();
        Steering ahead = new Steering(left, steering.tail(), steering.cancelling(), steering.period());
        for (FamilyState state : ledger.states(history)) {
            long rows = state.openRows();
            Outlook outlook = Outlook.of(state.capacity(), rows, state.rowsAtOnce(), history, ahead);
            leastLive += steering.mostPartRows(state, left) == 0 ? rows : outlook.leastLiveShare() * rows;
            mostLive += outlook.mostLiveShare() * rows;
            chance = outlook.chance().compareTo(chance) > 0 ? outlook.chance() : chance;
            soonest = soonest.isEmpty() || outlook.soonest().isEmpty()
                    ? Optional.empty()
                    : Optional.of(
                            AutoRun.longer(soonest.get(), outlook.soonest().get()));
            end = AutoRun.longer(end, outlook.expectedEnd());
            usual = usual.or(state::usual);
        }
        if (chance == Chance.IMPOSSIBLE) {
            soonest = soonest.map(first -> soonestThatIsTaken(first, steering.cancelling(), history));
        }
        double all = Math.max(1, open);
        return new RunPlan(
                open,
                resumed,
                deadline,
                left,
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

    /** With a longer deadline more is kept back at its end, so that the soonest one moves; it soon stands still. */
    private Duration soonestThatIsTaken(Duration first, Duration cancelling, BatchHistory history) {
        Duration soonest = first;
        for (int i = 0; i < MOST_ROUNDS; i++) {
            Steering steering = AutoRun.steering(soonest, cancelling);
            Duration next = soonest;
            for (FamilyState state : ledger.states(history)) {
                Outlook outlook = Outlook.of(state.capacity(), state.openRows(), state.rowsAtOnce(), history, steering);
                next = AutoRun.longer(next, outlook.soonest().orElse(next));
            }
            if (next.equals(soonest)) {
                break;
            }
            soonest = next;
        }
        return soonest;
    }

    private static Optional<BigDecimal> cost(RowSample sample, long rows, double live) {
        double half = Pricing.BATCH_SHARE.doubleValue();
        return sample.liveDollars(live + (rows - live) * half);
    }

    /** Why nothing was begun, and what would be possible. */
    static String tooLate(RunPlan impossible) {
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
}
