package dev.penstock.cli;

import dev.penstock.jobs.JobCounts;
import dev.penstock.jobs.RunPlan;
import dev.penstock.jobs.RunReport;
import dev.penstock.wire.Usage;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The summary for programs: one JSON object. Members are only ever added. */
final class JsonSummary {
    private JsonSummary() {}

    static String of(RunReport report, int exitCode) {
        JobCounts job = report.job();
        Usage spent = job.spentInAll();
        SequencedMap<String, Object> json = new LinkedHashMap<>();
        json.put("end", report.end().name().toLowerCase(Locale.ROOT));
        json.put("exit_code", exitCode);
        report.explanation().ifPresent(text -> json.put("explanation", text));
        json.put("rows", job.rows());
        json.put("answered", job.answered());
        json.put("failed", job.failed());
        json.put("pending", job.pending());
        json.put("skipped", job.badRows());
        json.put("answered_now", report.answeredNow());
        json.put("failed_now", report.failedNow());
        json.put("requests", report.requests());
        json.put("retries", report.retries());
        json.put("refused_429", report.refusals());
        json.put("seconds", seconds(report.duration()));
        report.leastTime().ifPresent(least -> {
            json.put("least_seconds", seconds(least.duration()));
            json.put("times_least", decimal(least.closeness()));
            json.put(
                    "set_by",
                    least.limit().amount() + " " + least.limit().dimension().label());
        });
        if (report.latencyLongest().isPositive()) {
            json.put("latency_median_seconds", seconds(report.latencyMedian()));
            json.put("latency_95_seconds", seconds(report.latency95()));
            json.put("latency_longest_seconds", seconds(report.latencyLongest()));
        }
        json.put("input_tokens", spent.inputTokens());
        json.put("cached_input_tokens", spent.cachedInputTokens());
        json.put("output_tokens", spent.outputTokens());
        report.costDollars().ifPresent(dollars -> json.put("cost_dollars", dollars));
        report.costNowDollars().ifPresent(dollars -> json.put("cost_now_dollars", dollars));
        report.plan().ifPresent(outcome -> {
            RunPlan plan = outcome.plan();
            json.put("deadline", plan.deadline().toString());
            json.put("chance", plan.chance().name().toLowerCase(Locale.ROOT));
            plan.soonest().ifPresent(soonest -> json.put("soonest_seconds", seconds(soonest)));
            plan.leastDollars().ifPresent(dollars -> json.put("planned_dollars_least", dollars));
            plan.mostDollars().ifPresent(dollars -> json.put("planned_dollars_most", dollars));
            json.put("in_time", outcome.inTime());
            json.put("rows_live", outcome.liveRows());
            json.put("rows_in_batches", outcome.batchRows());
        });
        Optional<Path> errors = report.output().flatMap(output -> output.errors());
        errors.ifPresent(file -> json.put("errors", file.toString()));
        json.put("job", report.jobFile().toString());
        return text(json);
    }

    private static BigDecimal seconds(Duration time) {
        return BigDecimal.valueOf(time.toMillis(), 3);
    }

    private static BigDecimal decimal(double value) {
        return BigDecimal.valueOf(Math.round(value * 1e4), 4);
    }

    /** JSON that is ready, as a value of a member. */
    record Ready(String json) {
        @Override
        public String toString() {
            return json;
        }
    }

    static <T> Ready array(List<T> values, Function<T, String> json) {
        return new Ready(values.stream().map(json).collect(Collectors.joining(",", "[", "]")));
    }

    static String text(SequencedMap<String, ? extends @Nullable Object> members) {
        StringBuilder text = new StringBuilder("{");
        for (Map.Entry<String, ? extends @Nullable Object> member : members.entrySet()) {
            text.append(text.length() > 1 ? "," : "");
            quote(member.getKey(), text);
            text.append(':');
            switch (member.getValue()) {
                case null -> text.append("null");
                case String string -> quote(string, text);
                case BigDecimal number -> text.append(number.toPlainString());
                default -> text.append(member.getValue());
            }
        }
        return text.append('}').toString();
    }

    static String quoted(String value) {
        StringBuilder text = new StringBuilder();
        quote(value, text);
        return text.toString();
    }

    private static void quote(String value, StringBuilder to) {
        to.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                to.append('\\').append(c);
            } else if (c < ' ') {
                to.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                to.append(c);
            }
        }
        to.append('"');
    }
}
