package dev.penstock.simulator;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Unit;
import dev.penstock.wire.TierRow;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What happens in a scenario, in sentences.
 *
 * @param situation which limit binds, and what it carries
 * @param outcome what a strategy made of it
 * @param fix what would help
 */
public record Explanation(String situation, String outcome, String fix) {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final double HARDLY_MORE = 1.02;
    private static final double SOON = 1.05;

    /** Of one result. */
    public static Explanation of(Scenario scenario, Result result) {
        Capacity capacity = Capacity.of(scenario, result.processed());
        double offered = result.arrivalSeconds() > 0
                ? (result.processed() - 1) / result.arrivalSeconds()
                : Double.POSITIVE_INFINITY;
        return new Explanation(
                situation(scenario, capacity, result, offered),
                outcome(result),
                fix(scenario, capacity, result, offered));
    }

    /** All of it. */
    public String text() {
        return situation + " " + outcome + (fix.isEmpty() ? "" : " " + fix);
    }

    private static String situation(Scenario scenario, Capacity capacity, Result result, double offered) {
        if (Double.isInfinite(capacity.perSecond())) {
            return "There are no limits, so nothing is refused.";
        }
        String carries = carries(scenario, capacity);
        if (Double.isInfinite(offered)) {
            return carries + "; " + Words.count(result.processed()) + " come at once.";
        }
        double times = offered / capacity.perSecond();
        String come = "; " + flow(offered, capacity) + " come";
        if (times > HARDLY_MORE && result.rejected() == 0 && capacity.leastSeconds() <= result.arrivalSeconds()) {
            return carries + come + ", " + Words.figure(times)
                    + " times as many, which what was saved up covers for this long.";
        }
        if (times > HARDLY_MORE) {
            return carries + come + ", " + Words.figure(times) + " times as many.";
        }
        return carries + come + ", so there is room on average.";
    }

    private static String carries(Scenario scenario, Capacity capacity) {
        Limit binding = capacity.binding();
        if (binding == null) {
            double latency =
                    ServiceTime.meanSeconds(scenario.latency(), scenario.meanTokens() * scenario.outputShare());
            return "The limit on calls at a time binds: "
                    + Words.count(scenario.concurrency().orElse(0)) + " of " + Words.figure(latency) + " s each carry "
                    + flow(capacity.perSecond(), capacity);
        }
        String who = scenario.tier()
                .map(tier -> tier.equals("free") ? "the free tier" : "Tier " + tier)
                .orElse("it");
        String at = binding.dimension().unit() == Unit.TOKENS
                ? "at " + Words.figure(scenario.meanTokens()) + " tokens a request " + who
                : who;
        return name(binding.dimension()) + " binds: " + at + " carries " + flow(capacity.perSecond(), capacity);
    }

    private static String outcome(Result result) {
        StringBuilder text = new StringBuilder(result.strategy());
        if (result.givenUp() > 0) {
            text.append(" loses ")
                    .append(Words.count(result.givenUp()))
                    .append(" of ")
                    .append(Words.count(result.processed()));
        } else {
            text.append(" answers all ").append(Words.count(result.processed()));
        }
        text.append(" in ").append(Words.time(Duration.ofNanos((long) (result.makespanSeconds() * 1e9))));
        if (result.givenUp() == 0 && result.bestPossibleSeconds() > 0) {
            text.append(" (the least possible is ")
                    .append(Words.time(Duration.ofNanos((long) (result.bestPossibleSeconds() * 1e9))))
                    .append(")");
        }
        if (result.rejected() == 0) {
            text.append(" without a refusal.");
        } else {
            text.append(" with ")
                    .append(Words.count(result.rejected()))
                    .append(result.rejected() == 1 ? " refused call" : " refused calls");
            if (result.accepted() > 0) {
                text.append(", ")
                        .append(Words.figure(result.wastedCallsPerSuccess()))
                        .append(" for each answer");
            }
            text.append(".");
        }
        if (result.cutShort()) {
            text.append(" It was stopped: it would have gone on calling.");
        }
        return text.toString();
    }

    private static String fix(Scenario scenario, Capacity capacity, Result result, double offered) {
        if (result.rejected() == 0 && result.givenUp() == 0) {
            boolean slow = result.timesBest() > SOON && result.quotaUsed() > 0 && result.quotaUsed() < 1 / SOON;
            return slow
                    ? "It leaves " + Words.percent(1 - result.quotaUsed())
                            + " of the quota unused; more calls at a time would use it."
                    : "";
        }
        if (offered <= capacity.perSecond() * HARDLY_MORE) {
            return "Only moments are too full; a queue that paces them lets everything through.";
        }
        String pace = "A queue that paces loses nothing and makes no call twice, but no client gets more through";
        Optional<String> tier = sufficientTier(scenario, result);
        if (Double.isInfinite(offered)) {
            return pace + ": what does not hurry is half the price in batches.";
        }
        return pace
                + tier.map(name -> "; Tier " + name + " would carry it.")
                        .orElse("; smaller requests, more keys or batches would.");
    }

    private static Optional<String> sufficientTier(Scenario scenario, Result result) {
        if (scenario.tier().isEmpty() || result.arrivalSeconds() == 0) {
            return Optional.empty();
        }
        for (String tier : scenario.tiers().tiersOf(scenario.model())) {
            List<Limit> limits = scenario.tiers()
                    .find(scenario.model(), tier)
                    .map(TierRow::limits)
                    .orElse(List.of());
            Scenario other = scenario.toBuilder().limits(limits).build();
            if (!limits.isEmpty() && Capacity.of(other, result.processed()).leastSeconds() <= result.arrivalSeconds()) {
                return Optional.of(tier);
            }
        }
        return Optional.empty();
    }

    /** {@code RPM}, {@code TPM}, ... where there is such a name. */
    static String name(Dimension dimension) {
        String unit = switch (dimension.unit()) {
            case REQUESTS -> "RP";
            case TOKENS -> "TP";
            case IMAGES -> "IP";
        };
        if (dimension.window().equals(MINUTE)) {
            return unit + "M";
        }
        return dimension.window().equals(DAY) ? unit + "D" : "The limit on " + dimension.label();
    }

    /** In the window of what binds, as people know that limit. */
    private static String flow(double perSecond, Capacity capacity) {
        Limit binding = capacity.binding();
        if (binding != null && binding.dimension().window().equals(DAY)) {
            return Words.figure(perSecond * 86_400) + " a day";
        }
        return perSecond >= 100 || binding == null
                ? Words.figure(perSecond) + " a second"
                : Words.figure(perSecond * 60) + " a minute";
    }
}
