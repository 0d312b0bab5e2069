package dev.penstock.cli;

import dev.penstock.jobs.BadRow;
import dev.penstock.jobs.plan.FamilyLoad;
import dev.penstock.jobs.plan.JobPlan;
import dev.penstock.jobs.plan.MaximumAdvice;
import dev.penstock.jobs.plan.ModelCost;
import dev.penstock.jobs.plan.Repeats;
import dev.penstock.jobs.plan.TierPlan;
import dev.penstock.jobs.plan.TokenBin;
import dev.penstock.jobs.plan.TooLarge;
import dev.penstock.jobs.plan.Workload;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** A plan for programs: one JSON object. Members are only ever added. */
final class PlanJson {
    private PlanJson() {}

    static String of(JobPlan plan, PlanFrame frame) {
        Workload workload = plan.workload();
        SequencedMap<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("rows", workload.rows());
        json.put("bad_rows", workload.badRows());
        json.put("first_bad_rows", JsonSummary.array(workload.firstBadRows(), PlanJson::badRow));
        json.put("input_tokens", workload.inputTokens());
        json.put("expected_output_tokens", workload.expectedOutput());
        json.put("answer_tokens", decimal(frame.answerTokens()));
        json.put("answer_tokens_assumed", frame.givenAnswerTokens().isEmpty());
        json.put("latency_seconds", seconds(frame.question().latency()));
        json.put("cost_dollars", plan.liveDollars().orElse(null));
        json.put("families", JsonSummary.array(workload.families(), PlanJson::family));
        json.put("repeats", new JsonSummary.Ready(repeats(workload.repeats(), plan)));
        json.put("costs", JsonSummary.array(plan.costs(), PlanJson::cost));
        json.put("unpriced", JsonSummary.array(plan.unpriced(), JsonSummary::quoted));
        json.put("tiers", JsonSummary.array(plan.tiers(), PlanJson::tier));
        json.put("next", frame.next(plan));
        return JsonSummary.text(json);
    }

    private static String badRow(BadRow row) {
        SequencedMap<String, Object> json = new LinkedHashMap<>();
        json.put("line", row.line());
        json.put("column", row.column());
        json.put("problem", row.problem());
        return JsonSummary.text(json);
    }

    private static String family(FamilyLoad load) {
        SequencedMap<String, Object> json = new LinkedHashMap<>();
        json.put("family", load.family());
        json.put("rows", load.rows());
        json.put("input_tokens", load.inputTokens());
        json.put("charged_tokens", load.chargedInput() + load.reserved());
        json.put("reserved_output_tokens", load.reserved());
        json.put("expected_output_tokens", load.expectedOutput());
        json.put("answers", load.answers());
        json.put("answers_without_maximum", load.answersWithoutMaximum());
        json.put("least_maximum", load.leastMaximum());
        json.put("most_maximum", load.mostMaximum());
        json.put("shortest_row_tokens", load.shortest());
        json.put("median_row_tokens", load.median());
        json.put("longest_row_tokens", load.longest());
        json.put("distribution", JsonSummary.array(load.distribution(), PlanJson::bin));
        json.put("too_large", JsonSummary.array(load.tooLarge(), PlanJson::tooLarge));
        return JsonSummary.text(json);
    }

    private static String bin(TokenBin bin) {
        SequencedMap<String, Object> json = new LinkedHashMap<>();
        json.put("from", bin.from());
        json.put("to", bin.to());
        json.put("rows", bin.rows());
        return JsonSummary.text(json);
    }

    private static String tooLarge(TooLarge large) {
        SequencedMap<String, Object> json = new LinkedHashMap<>();
        json.put("tokens_per_minute", large.tokenLimit());
        json.put("rows", large.rows());
        json.put("first_lines", JsonSummary.array(large.firstLines(), String::valueOf));
        return JsonSummary.text(json);
    }

    private static String repeats(Repeats repeats, JobPlan plan) {
        SequencedMap<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("rows", repeats.rows());
        json.put("counted", repeats.counted());
        json.put("sample_share", decimal(repeats.sampleShare()));
        json.put("cost_dollars", plan.repeatedDollars().orElse(null));
        json.put(
                "examples",
                JsonSummary.array(
                        repeats.examples(),
                        each -> "{\"line\":" + each.line() + ",\"repeats_line\":" + each.earlier() + "}"));
        return JsonSummary.text(json);
    }

    private static String cost(ModelCost cost) {
        SequencedMap<String, Object> json = new LinkedHashMap<>();
        json.put("model", cost.family());
        json.put("asked", cost.asked());
        json.put("live_dollars", cost.live());
        json.put("batch_dollars", cost.batch());
        json.put("most_live_dollars", cost.mostLive());
        return JsonSummary.text(json);
    }

    private static String tier(TierPlan tier) {
        SequencedMap<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("tier", tier.tier());
        json.put("requires", tier.requires());
        json.put("live_seconds", tier.time().map(PlanJson::seconds).orElse(null));
        json.put(
                "set_by",
                tier.binding()
                        .map(limit -> limit.amount() + " " + limit.dimension().label())
                        .orElse(null));
        json.put("set_by_family", tier.bindingFamily());
        json.put("rows_never_sent", tier.unsent());
        json.put("unknown_families", JsonSummary.array(tier.unknownFamilies(), JsonSummary::quoted));
        json.put("batch_rounds", tier.batchRounds().orElse(null));
        json.put(
                "maximum_without_cost",
                tier.maximum().map(MaximumAdvice::freeMaximum).orElse(null));
        json.put(
                "live_seconds_with_it",
                tier.maximum()
                        .map(MaximumAdvice::timeWithFree)
                        .map(PlanJson::seconds)
                        .orElse(null));
        json.put(
                "ample_maximum", tier.maximum().map(MaximumAdvice::ampleMaximum).orElse(null));
        json.put(
                "live_seconds_with_ample",
                tier.maximum()
                        .map(MaximumAdvice::timeWithAmple)
                        .map(PlanJson::seconds)
                        .orElse(null));
        Optional<TierPlan.Wish> wish = tier.wish();
        json.put(
                "chance",
                wish.map(each -> each.chance().name().toLowerCase(Locale.ROOT)).orElse(null));
        json.put("least_dollars", wish.flatMap(TierPlan.Wish::leastDollars).orElse(null));
        json.put("most_dollars", wish.flatMap(TierPlan.Wish::mostDollars).orElse(null));
        return JsonSummary.text(json);
    }

    private static BigDecimal seconds(Duration time) {
        return BigDecimal.valueOf(time.toMillis(), 3);
    }

    private static BigDecimal decimal(double value) {
        return BigDecimal.valueOf(Math.round(value * 1e4), 4);
    }
}
