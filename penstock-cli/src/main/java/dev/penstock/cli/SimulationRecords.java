package dev.penstock.cli;

import dev.penstock.simulator.Explanation;
import dev.penstock.simulator.Result;
import dev.penstock.simulator.Scenario;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Results for programs. Members are only ever added. */
final class SimulationRecords {
    private SimulationRecords() {}

    static String json(Scenario scenario, List<Result> results) {
        StringJoiner array = new StringJoiner(",\n ", "[", "]");
        results.forEach(result -> array.add(JsonSummary.text(record(scenario, result))));
        return array.toString();
    }

    static String csv(Scenario scenario, List<Result> results) {
        StringBuilder text = new StringBuilder();
        for (Result result : results) {
            SequencedMap<String, @Nullable Object> record = record(scenario, result);
            if (text.isEmpty()) {
                text.append(String.join(",", record.keySet())).append("\r\n");
            }
            StringJoiner line = new StringJoiner(",");
            record.values().forEach(value -> line.add(field(value)));
            text.append(line).append("\r\n");
        }
        return text.toString();
    }

    private static SequencedMap<String, @Nullable Object> record(Scenario scenario, Result result) {
        SequencedMap<String, @Nullable Object> record = new LinkedHashMap<>();
        record.put("strategy", result.strategy());
        record.put("processed", result.processed());
        record.put("accepted", result.accepted());
        record.put("rejected", result.rejected());
        record.put("given_up", result.givenUp());
        record.put("makespan_seconds", decimal(result.makespanSeconds(), 3));
        record.put("best_possible_seconds", decimal(result.bestPossibleSeconds(), 3));
        record.put("quota_used", decimal(result.quotaUsed(), 4));
        record.put("wasted_calls_per_success", decimal(result.wastedCallsPerSuccess(), 4));
        record.put("wait_p50_seconds", seconds(result.waits().percentile(0.5)));
        record.put("wait_p95_seconds", seconds(result.waits().percentile(0.95)));
        record.put("wait_p99_seconds", seconds(result.waits().percentile(0.99)));
        record.put(
                "cost_dollars",
                result.cost()
                        .map(dollars -> dollars.setScale(6, RoundingMode.HALF_UP))
                        .orElse(null));
        record.put("wait_mean_seconds", seconds(result.waits().mean()));
        record.put("wait_longest_seconds", seconds(result.waits().longest()));
        record.put("calls", result.calls());
        record.put("most_in_flight", result.mostInFlight());
        record.put("most_waiting", result.mostWaiting());
        record.put("cut_short", result.cutShort());
        record.put("explanation", Explanation.of(scenario, result).text());
        return record;
    }

    private static String field(@Nullable Object value) {
        return switch (value) {
            case null -> "";
            case BigDecimal number -> number.toPlainString();
            case String text when text.contains(",") || text.contains("\"") -> "\"" + text.replace("\"", "\"\"") + "\"";
            default -> value.toString();
        };
    }

    private static BigDecimal seconds(Duration time) {
        return BigDecimal.valueOf(time.toMillis(), 3);
    }

    /** Cut in decimal, so that the same bits give the same digits. */
    private static BigDecimal decimal(double value, int digits) {
        return new BigDecimal(value).setScale(digits, RoundingMode.HALF_UP);
    }
}
