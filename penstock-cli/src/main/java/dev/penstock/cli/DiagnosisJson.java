package dev.penstock.cli;

import dev.penstock.diagnosis.Advice;
import dev.penstock.diagnosis.Diagnosis;
import dev.penstock.diagnosis.Group;
import dev.penstock.diagnosis.Replay;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** A diagnosis for programs: an array of groups. Members are only ever added. */
final class DiagnosisJson {
    private DiagnosisJson() {}

    static String of(Diagnosis diagnosis) {
        StringJoiner groups = new StringJoiner(",\n ", "[", "]");
        for (Group group : diagnosis.groups()) {
            groups.add(of(group, diagnosis));
        }
        return groups.toString();
    }

    private static String of(Group group, Diagnosis diagnosis) {
        SequencedMap<String, @Nullable Object> json = new LinkedHashMap<>();
        Advice advice = Advice.on(group);
        Optional<Replay> replay = Replay.of(group, diagnosis.answeredTimes());
        json.put("kind", group.kind().code());
        json.put("scope", group.scope());
        json.put("model", group.model().orElse(null));
        json.put("limit", group.limit().isPresent() ? group.limit().getAsLong() : null);
        json.put(
                "window_seconds",
                group.dimension().map(known -> known.window().toSeconds()).orElse(null));
        json.put("count", group.count());
        json.put("first", group.first().map(Object::toString).orElse(null));
        json.put("last", group.last().map(Object::toString).orElse(null));
        json.put("retryable", group.retryable());
        json.put(
                "wait_seconds",
                group.longestWait()
                        .map(wait -> BigDecimal.valueOf(wait.toMillis(), 3))
                        .orElse(null));
        json.put("evidence", group.evidence());
        json.put("meaning", advice.meaning());
        json.put("fix", advice.fix());
        json.put("with_fix", Advice.outcome(group, replay));
        replay.ifPresent(run -> {
            json.put("replayed_requests", run.requests());
            json.put(
                    "replayed_longest_wait_seconds",
                    BigDecimal.valueOf(run.longestWait().toMillis(), 3));
        });
        return JsonSummary.text(json);
    }
}
