package dev.penstock.cli;

import dev.penstock.jobs.PlanOutcome;
import dev.penstock.jobs.RunPlan;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/** A plan between batches and live calls, and what became of it, in words. */
final class PlanWords {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT);
    private static final DateTimeFormatter DAY_AND_TIME = DateTimeFormatter.ofPattern("MMM d, HH:mm", Locale.ROOT);
    private static final Duration SOON = Duration.ofHours(12);

    private PlanWords() {}

    /** What is going to be done, what it will cost, and when it ends. */
    static String before(RunPlan plan, Optional<BigDecimal> budget) {
        String by = time(plan.deadline(), plan.left())
                + (plan.resumed() ? " (the deadline of the first run; another --deadline would begin now)" : "");
        String way = switch (plan.chance()) {
            case SURE ->
                plan.leastLiveShare() == 1
                        ? "All rows go live, as no batch could end in time."
                        : plan.leastLiveShare() == 0
                                ? "All rows go in batches; what they have not answered in time is sent live."
                                : "Batches answer what they can, and about " + percent(plan.leastLiveShare())
                                        + " of the rows go live.";
            case WITH_BATCHES ->
                "Live calls alone are too slow, so batches must help: about " + percent(plan.leastLiveShare())
                        + " of the rows go live beside them.";
            case UNKNOWN ->
                plan.left().isNegative()
                        ? "The deadline has passed; what is left is answered as soon as possible."
                        : "Live calls alone are too slow, and nobody knows how long batches take: both work at once from"
                                + " the first moment. The deadline may be missed.";
            case IMPOSSIBLE ->
                "The deadline cannot be met any more; both ways work at once, to be done as soon as possible.";
        };
        String known = plan.usualBatch()
                .map(usual -> " Nine of ten batches of the account took up to " + Figures.time(usual) + ".")
                .orElse(" No batch of the account has been completed lately.");
        String end = plan.usualBatch().isEmpty() ? "" : " It should end in " + Figures.time(plan.expectedEnd()) + ".";
        return "Plan: " + Figures.count(plan.rows(), "row") + " by " + by + ". " + way + cost(plan)
                + budget.flatMap(dollars -> budget(plan, dollars)).orElse("") + known + end;
    }

    private static Optional<String> budget(RunPlan plan, BigDecimal budget) {
        return plan.leastDollars()
                .filter(least -> least.compareTo(budget) > 0)
                .map(least -> " The budget of " + Figures.dollars(budget) + " covers about "
                        + percent(budget.doubleValue() / least.doubleValue())
                        + " of that: the run will stop there.");
    }

    private static String cost(RunPlan plan) {
        if (plan.leastDollars().isEmpty() || plan.mostDollars().isEmpty()) {
            return " What it costs is not known, as a model has no price here; --prices names prices.";
        }
        String least = Figures.dollars(plan.leastDollars().get());
        String most = Figures.dollars(plan.mostDollars().get());
        return " Cost: about " + least + (least.equals(most) ? "" : " to " + most) + assumption(plan.outputsAssumed());
    }

    /** The end of a sentence about a cost. */
    static String assumption(boolean outputsAssumed) {
        return outputsAssumed ? ", if answers are as long as their maximum, or 256 tokens where there is none." : ".";
    }

    /** How right it was. */
    static String afterwards(PlanOutcome outcome, Glyphs glyphs) {
        RunPlan plan = outcome.plan();
        String separator = " " + glyphs.dot() + " ";
        return Figures.count(outcome.batchRows()) + " in batches, " + Figures.count(outcome.liveRows()) + " live"
                + separator + inTime(outcome)
                + costs(outcome).map(text -> separator + text).orElse("");
    }

    private static String inTime(PlanOutcome outcome) {
        Duration left = outcome.plan().left().minus(outcome.took());
        return left.isNegative()
                ? Figures.time(left.negated()) + " after the deadline"
                : Figures.time(left) + " before the deadline";
    }

    private static Optional<String> costs(PlanOutcome outcome) {
        RunPlan plan = outcome.plan();
        if (outcome.costDollars().isEmpty()
                || plan.leastDollars().isEmpty()
                || plan.leastDollars().get().signum() == 0) {
            return Optional.empty();
        }
        BigDecimal cost = outcome.costDollars().get();
        double share = cost.doubleValue() / plan.leastDollars().get().doubleValue();
        return Optional.of("cost " + Figures.dollars(cost) + ", " + String.format(Locale.ROOT, "%.0f %%", 100 * share)
                + " of what was planned at least");
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f %%", 100 * share);
    }

    private static String time(Instant at, Duration left) {
        return (left.compareTo(SOON) < 0 ? TIME : DAY_AND_TIME).format(at.atZone(ZoneId.systemDefault()));
    }
}
