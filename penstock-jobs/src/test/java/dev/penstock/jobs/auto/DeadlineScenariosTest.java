package dev.penstock.jobs.auto;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.jobs.auto.Outlook.Chance;
import dev.penstock.jobs.auto.VirtualAccount.End;
import dev.penstock.jobs.auto.VirtualAccount.Script;
import dev.penstock.jobs.auto.VirtualAccount.World;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The choice between batch and live calls in scenarios of size, tier, deadline and slowness of batches. Each is compared with
 * the best in hindsight: batches that work from the first moment to the last, and live calls only for what they leave.
 */
final class DeadlineScenariosTest {
    private static final Duration CANCELS = Duration.ofMinutes(2);
    private static final int HINDSIGHT_STEPS = 40;
    private static final double COST_BOUND = 1.05;

    /**
     * One scenario.
     *
     * @param history how long batches of the account took before
     */
    record Scenario(String name, World world, Duration deadline, BatchHistory history) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Scenario scenario(
            String name,
            long rows,
            long queueRows,
            long rpm,
            Duration deadline,
            BatchHistory history,
            Duration... batches) {
        return new Scenario(name, new World(rows, queueRows, rpm, 1, phases(batches), CANCELS), deadline, history);
    }

    /** How long batches take at first and, if there are three, from when on they take how long instead. */
    private static NavigableMap<Duration, Duration> phases(Duration... times) {
        NavigableMap<Duration, Duration> phases = new TreeMap<>(Map.of(Duration.ZERO, times[0]));
        if (times.length == 3) {
            phases.put(times[1], times[2]);
        }
        return phases;
    }

    private static BatchHistory took(Duration... times) {
        return new BatchHistory(Stream.of(times)
                .map(time -> new BatchHistory.Past(1_000_000, time))
                .toList());
    }

    static Stream<Scenario> canBeMet() {
        return Stream.of(
                scenario("small, quick batches", 2_000, 20_000, 500, hours(6), BatchHistory.NONE, minutes(10)),
                scenario(
                        "small, batches that do nothing",
                        2_000,
                        20_000,
                        500,
                        hours(6),
                        BatchHistory.NONE,
                        hours(24_000)),
                scenario(
                        "batches a little slower than the deadline",
                        60_000,
                        100_000,
                        500,
                        hours(6),
                        BatchHistory.NONE,
                        hours(7)),
                scenario(
                        "many parts one after another", 120_000, 20_000, 500, hours(8), BatchHistory.NONE, minutes(70)),
                scenario(
                        "quick at first, then stuck",
                        120_000,
                        20_000,
                        500,
                        hours(6),
                        BatchHistory.NONE,
                        minutes(20),
                        minutes(20),
                        hours(24_000)),
                scenario(
                        "stuck at first, then quick",
                        120_000,
                        20_000,
                        500,
                        hours(6),
                        BatchHistory.NONE,
                        hours(24_000),
                        minutes(10)),
                scenario(
                        "tier 1, live alone just suffices", 85_000, 20_000, 500, hours(3), BatchHistory.NONE, hours(1)),
                scenario(
                        "live alone is far too slow",
                        1_000_000,
                        400_000,
                        500,
                        hours(12),
                        took(hours(3), hours(4)),
                        hours(4)),
                scenario("live alone is too slow", 300_000, 100_000, 500, hours(6), took(minutes(110)), minutes(110)),
                scenario("tier 5, a million rows", 1_000_000, 1_000_000, 10_000, hours(6), BatchHistory.NONE, hours(5)),
                scenario("a short deadline", 10_000, 100_000, 500, minutes(40), BatchHistory.NONE, minutes(30)),
                scenario(
                        "live is too slow, batches slower than ever",
                        250_000,
                        100_000,
                        500,
                        hours(6),
                        took(hours(2)),
                        hours(4)),
                scenario("a day for everything", 400_000, 60_000, 500, hours(24), took(hours(2)), hours(3)));
    }

    @ParameterizedTest
    @MethodSource("canBeMet")
    void aDeadlineThatCanBeMetIsMetAtNearlyTheLeastCost(Scenario scenario) {
        isMet(scenario, COST_BOUND);
    }

    /** Nobody knows beforehand on which side of the deadline the last batches end, and to be late is worse than to pay. */
    @Test
    void aDeadlineThatFallsTogetherWithTheEndOfTheLastBatchesIsMetAllTheSame() {
        isMet(
                scenario(
                        "live is too slow, batches end with the deadline",
                        300_000,
                        100_000,
                        500,
                        hours(6),
                        took(hours(2)),
                        hours(2)),
                1.10);
    }

    private static void isMet(Scenario scenario, double costBound) {
        Steering steering = steering(scenario);
        Outlook outlook = outlook(scenario, steering);
        assertThat(outlook.chance()).isNotEqualTo(Chance.IMPOSSIBLE);
        End end = new VirtualAccount(scenario.world(), steering, scenario.history())
                .run(scenario.deadline().multipliedBy(3));
        double best = bestCost(scenario);
        System.out.printf(
                Locale.ROOT,
                "%s planner %-45s %s of %s, cost %.3f of the best (%.0f live, %.0f in %d batches)%n",
                end.took().compareTo(scenario.deadline()) <= 0 && end.cost() <= best * COST_BOUND ? "ok" : "MISSED",
                scenario.name(),
                text(end.took()),
                text(scenario.deadline()),
                end.cost() / best,
                end.live(),
                end.inBatches(),
                end.batches());
        assertThat(end.took()).isLessThanOrEqualTo(scenario.deadline());
        assertThat(end.cost()).isLessThanOrEqualTo(best * costBound);
        assertThat(end.live() + end.inBatches())
                .isBetween(scenario.world().rows() - 1.0, scenario.world().rows() + 1.0);
    }

    static Stream<Scenario> cannotBeMet() {
        return Stream.of(
                scenario(
                        "impossible: too many rows for both",
                        1_000_000,
                        100_000,
                        500,
                        hours(6),
                        took(hours(2)),
                        hours(2)),
                scenario(
                        "impossible: half an hour for a day's work",
                        400_000,
                        1_000_000,
                        500,
                        minutes(30),
                        took(minutes(50)),
                        minutes(50)),
                scenario(
                        "impossible: no batch is quick enough", 20_000, 20_000, 3, hours(1), took(hours(3)), hours(3)));
    }

    @ParameterizedTest
    @MethodSource("cannotBeMet")
    void aDeadlineThatCannotBeMetIsRefusedWithTheSoonestTimeAndThatOneIsMet(Scenario scenario) {
        Outlook outlook = outlook(scenario, steering(scenario));
        assertThat(outlook.chance()).isEqualTo(Chance.IMPOSSIBLE);
        Duration soonest = outlook.soonest().orElseThrow();
        Scenario later = new Scenario(scenario.name(), scenario.world(), soonest, scenario.history());
        assertThat(outlook(later, steering(later)).chance()).isNotEqualTo(Chance.IMPOSSIBLE);
        End end =
                new VirtualAccount(scenario.world(), steering(later), scenario.history()).run(soonest.multipliedBy(3));
        System.out.printf(
                Locale.ROOT,
                "%s planner %-45s %s cannot be; soonest %s, came to %s%n",
                end.took().compareTo(soonest) <= 0 ? "ok" : "MISSED",
                scenario.name(),
                text(scenario.deadline()),
                text(soonest),
                text(end.took()));
        assertThat(end.took()).isLessThanOrEqualTo(soonest);
    }

    /** The cheapest of many ways that meet the deadline, each with everything known beforehand. */
    private static double bestCost(Scenario scenario) {
        World world = scenario.world();
        double best = Double.POSITIVE_INFINITY;
        long most = Math.min(50_000, world.queueRows());
        for (long partRows : new long[] {most, Math.max(1, most / 8)}) {
            for (int liveTenths = 0; liveTenths <= 10; liveTenths++) {
                for (int cancelAt = 1; cancelAt <= HINDSIGHT_STEPS; cancelAt++) {
                    Duration cancel = scenario.deadline().multipliedBy(cancelAt).dividedBy(HINDSIGHT_STEPS);
                    long live = world.rows() * liveTenths / 10;
                    double least = live + (world.rows() - live) / 2.0;
                    if (least < best) {
                        End end = new VirtualAccount(world, new Script(live, partRows, cancel))
                                .run(scenario.deadline().plusMinutes(1));
                        best = end.took().compareTo(scenario.deadline()) <= 0 ? Math.min(best, end.cost()) : best;
                    }
                }
            }
        }
        return best;
    }

    private static Steering steering(Scenario scenario) {
        return new Steering(scenario.deadline(), Duration.ofSeconds(30), Duration.ofMinutes(10), Duration.ofSeconds(5));
    }

    private static Outlook outlook(Scenario scenario, Steering steering) {
        VirtualAccount account = new VirtualAccount(scenario.world(), steering, scenario.history());
        return Outlook.of(
                account.capacity(),
                scenario.world().rows(),
                scenario.world().queueRows(),
                scenario.history(),
                steering);
    }

    private static String text(Duration time) {
        return String.format(Locale.ROOT, "%d:%02d:%02d", time.toHours(), time.toMinutesPart(), time.toSecondsPart());
    }

    private static Duration minutes(long minutes) {
        return Duration.ofMinutes(minutes);
    }

    private static Duration hours(long hours) {
        return Duration.ofHours(hours);
    }
}
