package dev.penstock.jobs.plan;

import dev.penstock.jobs.auto.BatchHistory;
import dev.penstock.jobs.auto.LiveCapacity;
import dev.penstock.jobs.auto.Outlook;
import dev.penstock.jobs.auto.Outlook.Chance;
import dev.penstock.jobs.auto.Steering;
import dev.penstock.limit.Limit;
import dev.penstock.quota.QuotaSettings;
import dev.penstock.wire.Price;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.Pricing;
import dev.penstock.wire.TierRow;
import dev.penstock.wire.TierTable;
import dev.penstock.wire.TokenCounter;
import dev.penstock.wire.Usage;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/** Makes a plan of what was counted. Pure; safe for use by several threads. */
public final class JobPlanner {
    private static final int CHEAPER_SHOWN = 4;
    private static final double NANOS = 1e9;

    /** As a run with a deadline assumes them where nothing is known. */
    private static final Duration CANCELLING = Duration.ofMinutes(10);

    private static final Duration TAIL = Duration.ofSeconds(30);
    private static final Duration PERIOD = Duration.ofSeconds(5);
    private static final int SHARE_OF_THE_DEADLINE = 20;

    private final TierTable tiers;
    private final PriceTable prices;

    public JobPlanner(TierTable tiers, PriceTable prices) {
        this.tiers = tiers;
        this.prices = prices;
    }

    /** The plan for a workload. */
    public JobPlan plan(Workload workload, Question question) {
        List<ModelCost> costs = new ArrayList<>();
        List<String> unpriced = new ArrayList<>();
        for (FamilyLoad load : workload.families()) {
            Optional<Price> price = prices.find(load.family());
            if (price.isEmpty()) {
                unpriced.add(load.family());
            } else {
                ModelCost own = cost(load, price.get(), true);
                costs.add(own);
                costs.addAll(cheaper(load, price.get(), own));
            }
        }
        Optional<BigDecimal> live = unpriced.isEmpty()
                ? Optional.of(costs.stream()
                        .filter(ModelCost::asked)
                        .map(ModelCost::live)
                        .reduce(BigDecimal.ZERO, BigDecimal::add))
                : Optional.empty();
        List<TierPlan> plans = new ArrayList<>();
        for (String tier : tierNames(workload, question)) {
            plans.add(tier(workload, question, tier, live));
        }
        return new JobPlan(workload, costs, unpriced, live, repeated(workload), plans);
    }

    private List<ModelCost> cheaper(FamilyLoad load, Price own, ModelCost ownCost) {
        TokenCounter counter = TokenCounter.forModel(load.family());
        List<ModelCost> cheaper = new ArrayList<>();
        for (Price price : prices.rows()) {
            boolean alike = price.outputPerMillion().signum() > 0
                            == own.outputPerMillion().signum() > 0
                    && TokenCounter.forModel(price.family()).countsLike(counter)
                    && !price.family().equals(own.family())
                    && prices.find(price.family()).filter(price::equals).isPresent();
            if (alike) {
                ModelCost cost = cost(load, price, false);
                if (cost.live().compareTo(ownCost.live()) < 0) {
                    cheaper.add(cost);
                }
            }
        }
        cheaper.sort(Comparator.comparing(ModelCost::live).reversed());
        return cheaper.subList(Math.max(0, cheaper.size() - CHEAPER_SHOWN), cheaper.size());
    }

    private static ModelCost cost(FamilyLoad load, Price price, boolean asked) {
        BigDecimal live = price.costOf(new Usage(load.inputTokens(), 0, load.expectedOutput()));
        double most = load.reservedWithMaximum()
                + (double) load.answersWithoutMaximum()
                        * price.maxOutputTokens().orElse(0);
        boolean known =
                load.answersWithoutMaximum() == 0 || price.maxOutputTokens().isPresent();
        BigDecimal mostLive = known
                ? price.costOf(new Usage(load.inputTokens(), 0, (long) Math.min(most, Long.MAX_VALUE / 4.0)))
                : live;
        return new ModelCost(price.family(), live, live.multiply(Pricing.BATCH_SHARE), mostLive.max(live), asked);
    }

    private Optional<BigDecimal> repeated(Workload workload) {
        BigDecimal sum = BigDecimal.ZERO;
        for (Map.Entry<String, Repeats.Tokens> entry :
                workload.repeats().tokens().entrySet()) {
            Optional<Price> price = prices.find(entry.getKey());
            if (price.isEmpty()) {
                return Optional.empty();
            }
            Repeats.Tokens tokens = entry.getValue();
            sum = sum.add(price.get().costOf(new Usage(tokens.input(), 0, tokens.output())));
        }
        return Optional.of(sum);
    }

    /** The tiers in question: one that was named, all that are known, or none but the user's own limits. */
    private List<String> tierNames(Workload workload, Question question) {
        if (question.tier().isPresent()) {
            return List.of(question.tier().get());
        }
        Set<String> names = new LinkedHashSet<>();
        for (FamilyLoad load : workload.families()) {
            names.addAll(tiers.tiersOf(load.family()));
        }
        List<String> sorted = new ArrayList<>(names);
        // Numbers among themselves, after names such as "free".
        sorted.sort(Comparator.comparing((String name) -> name.matches("\\d+"))
                .thenComparing(name -> name.matches("\\d{1,9}") ? Integer.parseInt(name) : 0)
                .thenComparing(Comparator.naturalOrder()));
        if (sorted.isEmpty() && !question.caps().isEmpty()) {
            return List.of("");
        }
        return sorted;
    }

    private TierPlan tier(Workload workload, Question question, String tier, Optional<BigDecimal> live) {
        int concurrency = question.concurrency().orElse(QuotaSettings.DEFAULT_MAX_CONCURRENCY);
        Duration longest = Duration.ZERO;
        boolean sendable = true;
        Optional<Limit> binding = Optional.empty();
        String bindingFamily = "";
        Optional<FamilyLoad> slowest = Optional.empty();
        List<Limit> slowestLimits = List.of();
        List<TierPlan.Oversize> oversize = new ArrayList<>();
        String requires = "";
        String name = tier;
        List<String> unknown = new ArrayList<>();
        for (FamilyLoad load : workload.families()) {
            Optional<TierRow> row = tier.isEmpty() ? Optional.empty() : tiers.find(load.family(), tier);
            if (row.isEmpty() && question.caps().isEmpty()) {
                unknown.add(load.family());
                continue;
            }
            requires = requires.isEmpty() ? row.map(known -> requires(known)).orElse("") : requires;
            name = row.map(TierRow::tier).orElse(name);
            List<Limit> limits = limits(row, question.caps());
            LiveForecast forecast = LiveForecast.of(load, limits, question.latency(), concurrency);
            TooLarge beyond = LiveForecast.beyond(load, limits);
            if (beyond.rows() > 0) {
                oversize.add(new TierPlan.Oversize(load.family(), beyond));
            }
            sendable &= forecast.time().isPresent();
            Duration time = forecast.time().orElse(Duration.ZERO);
            if (time.compareTo(longest) > 0) {
                longest = time;
                binding = forecast.binding();
                bindingFamily = load.family();
                slowest = Optional.of(load);
                slowestLimits = limits;
            }
        }
        List<Limit> held = slowestLimits;
        return new TierPlan(
                name,
                requires,
                sendable && slowest.isPresent() ? Optional.of(longest) : Optional.empty(),
                binding,
                bindingFamily,
                oversize,
                unknown,
                rounds(workload, question, tier),
                slowest.flatMap(
                        load -> MaximumAdvice.of(load, held, question.latency(), concurrency, question.ampleMaximum())),
                question.deadline()
                        .filter(deadline -> unknown.isEmpty())
                        .map(deadline -> wish(workload, question, tier, deadline, live, concurrency)));
    }

    private String requires(TierRow row) {
        if (!row.requires().isEmpty()) {
            return row.requires();
        }
        // What a tier takes is the same for every model, and not every source says it.
        return tiers.rows().stream()
                .filter(other ->
                        other.tier().equals(row.tier()) && !other.requires().isEmpty())
                .map(TierRow::requires)
                .findFirst()
                .orElse("");
    }

    private static List<Limit> limits(Optional<TierRow> row, List<Limit> caps) {
        return Stream.concat(row.stream().flatMap(known -> known.limits().stream()), caps.stream())
                .toList();
    }

    private OptionalLong queue(Question question, String tier, String family) {
        if (question.queueLimit().isPresent()) {
            return question.queueLimit();
        }
        Optional<TierRow> row = tier.isEmpty() ? Optional.empty() : tiers.find(family, tier);
        return row.isPresent() ? row.get().batchQueueTokens() : OptionalLong.empty();
    }

    private Optional<Long> rounds(Workload workload, Question question, String tier) {
        long most = 0;
        for (FamilyLoad load : workload.families()) {
            OptionalLong queue = queue(question, tier, load.family());
            if (queue.isEmpty() || queue.getAsLong() == 0) {
                return Optional.empty();
            }
            most = Math.max(most, Math.ceilDiv(load.inputTokens(), queue.getAsLong()));
        }
        return most == 0 ? Optional.empty() : Optional.of(most);
    }

    private TierPlan.Wish wish(
            Workload workload,
            Question question,
            String tier,
            Duration deadline,
            Optional<BigDecimal> live,
            int concurrency) {
        Chance chance = Chance.SURE;
        double mostLive = 0;
        double leastLive = 0;
        double rows = 0;
        Duration share = deadline.dividedBy(SHARE_OF_THE_DEADLINE);
        Steering steering = new Steering(deadline, share.compareTo(TAIL) < 0 ? share : TAIL, CANCELLING, PERIOD);
        for (FamilyLoad load : workload.families()) {
            Optional<TierRow> row = tier.isEmpty() ? Optional.empty() : tiers.find(load.family(), tier);
            List<Limit> limits = limits(row, question.caps());
            if (LiveForecast.beyond(load, limits).rows() > 0) {
                // Only batches take such rows.
                chance = chance.compareTo(Chance.UNKNOWN) < 0 ? Chance.UNKNOWN : chance;
            }
            List<LiveCapacity.Allowance> allowances =
                    limits.stream().map(LiveCapacity.Allowance::untouched).toList();
            double perRow = ((double) load.chargedInput() + load.reserved()) / load.rows();
            double callsPerSecond = concurrency * NANOS / question.latency().toNanos();
            OptionalLong queue = queue(question, tier, load.family());
            double inputPerRow = Math.max(1, (double) load.inputTokens() / load.rows());
            long atOnce =
                    queue.isEmpty() ? load.rows() : (long) Math.clamp(queue.getAsLong() / inputPerRow, 1, load.rows());
            Outlook outlook = Outlook.of(
                    new LiveCapacity(allowances, perRow, callsPerSecond),
                    load.rows(),
                    atOnce,
                    BatchHistory.NONE,
                    steering);
            chance = outlook.chance().compareTo(chance) > 0 ? outlook.chance() : chance;
            boolean noBatchInTime = deadline.compareTo(CANCELLING.plus(TAIL)) <= 0;
            leastLive += noBatchInTime ? load.rows() : outlook.leastLiveShare() * load.rows();
            mostLive += outlook.mostLiveShare() * load.rows();
            rows += load.rows();
        }
        double half = Pricing.BATCH_SHARE.doubleValue();
        double leastShare = half + (1 - half) * leastLive / Math.max(1, rows);
        double mostShare = half + (1 - half) * mostLive / Math.max(1, rows);
        return new TierPlan.Wish(
                chance,
                live.map(dollars -> dollars.multiply(BigDecimal.valueOf(leastShare))),
                live.map(dollars -> dollars.multiply(BigDecimal.valueOf(mostShare))));
    }
}
