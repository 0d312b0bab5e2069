package dev.penstock.cli;

import dev.penstock.jobs.doctor.Examination;
import dev.penstock.jobs.doctor.ModelFinding;
import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitState;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.TierRow;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** What the doctor found, for programs: one JSON object. Members are only ever added. */
final class DoctorJson {
    private DoctorJson() {}

    static String of(Examination found, DoctorFrame frame) {
        SequencedMap<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("place", found.place());
        json.put("reached", found.reached());
        json.put("trouble", word(found.refusedBecause()));
        json.put("explanation", found.refusal().orElse(null));
        json.put("dialect", word(found.dialect()));
        json.put("http_version", found.httpVersion());
        json.put("connect_seconds", seconds(found.connecting()));
        json.put("first_byte_seconds", seconds(found.firstByte()));
        json.put("processing_seconds", seconds(found.processing()));
        json.put("clock_ahead_seconds", seconds(found.clockAhead()));
        json.put("clock_told", found.clockTold());
        json.put("headers_stripped", found.headersStripped());
        json.put("requests_sent", found.asked());
        json.put("models", JsonSummary.array(found.models(), DoctorJson::model));
        json.put("client_advice", JsonSummary.array(frame.clientAdvice(found), JsonSummary::quoted));
        json.put("next", JsonSummary.array(frame.next(found), JsonSummary::quoted));
        json.put("exit_code", frame.exitCode(found));
        return JsonSummary.text(json);
    }

    private static String model(ModelFinding finding) {
        SequencedMap<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("model", finding.model());
        json.put("answered", finding.verdict() instanceof Verdict.Accepted);
        json.put("explanation", finding.verdict().explanation());
        json.put("limits", JsonSummary.array(finding.shown(), DoctorJson::state));
        json.put("hidden_limits", JsonSummary.array(finding.hidden(), DoctorJson::limit));
        json.put("tier", finding.tier().map(TierRow::tier).orElse(null));
        json.put("burst", word(finding.burst()));
        return JsonSummary.text(json);
    }

    private static String state(LimitState state) {
        SequencedMap<String, Object> json = new LinkedHashMap<>();
        json.put("limit", state.limit().amount());
        json.put("unit", state.dimension().unit().plural());
        json.put("window_seconds", state.dimension().window().toSeconds());
        json.put("remaining", state.remaining());
        return JsonSummary.text(json);
    }

    private static String limit(Limit limit) {
        SequencedMap<String, Object> json = new LinkedHashMap<>();
        json.put("limit", limit.amount());
        json.put("unit", limit.dimension().unit().plural());
        json.put("window_seconds", limit.dimension().window().toSeconds());
        return JsonSummary.text(json);
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static @Nullable BigDecimal seconds(Optional<Duration> time) {
        return time.map(known -> BigDecimal.valueOf(known.toMillis(), 3)).orElse(null);
    }
}
