package dev.penstock.cli;

import dev.penstock.limit.Limit;
import dev.penstock.wire.TierRow;
import dev.penstock.wire.TierTable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalLong;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** The table of limits for programs: one JSON object. Members are only ever added. */
final class TiersJson {
    private TiersJson() {}

    static String of(TierTable table, List<TierRow> rows, List<Limit> needs) {
        SequencedMap<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("rows", JsonSummary.array(rows, row -> row(table, row)));
        json.put("differences", JsonSummary.array(TiersReport.differences(table, rows), JsonSummary::quoted));
        if (!needs.isEmpty()) {
            json.put(
                    "carried_by",
                    JsonSummary.array(NeedsReport.carriers(table, rows, needs), carrier -> carrier(carrier, needs)));
        }
        return JsonSummary.text(json);
    }

    private static String row(TierTable table, TierRow row) {
        SequencedMap<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("family", row.family());
        json.put("tier", row.tier());
        json.put("counts", TiersReport.counts(table, row));
        json.put("requests_per_minute", amount(row.requestsPerMinute()));
        json.put("requests_per_day", amount(row.requestsPerDay()));
        json.put("tokens_per_minute", amount(row.tokensPerMinute()));
        json.put("tokens_per_day", amount(row.tokensPerDay()));
        json.put("batch_queue_tokens", amount(row.batchQueueTokens()));
        json.put("requires", row.requires());
        json.put("source", row.source());
        json.put("url", row.url());
        json.put("date", row.date());
        return JsonSummary.text(json);
    }

    private static String carrier(NeedsReport.Carrier carrier, List<Limit> needs) {
        SequencedMap<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("family", carrier.family());
        json.put("tier", carrier.tier().map(TierRow::tier).orElse(null));
        json.put("tier_below", carrier.below().map(TierRow::tier).orElse(null));
        json.put(
                "missing_below",
                JsonSummary.array(
                        carrier.below()
                                .map(below -> NeedsReport.missing(below, needs))
                                .orElse(List.of()),
                        limit -> JsonSummary.quoted(
                                limit.amount() + " " + limit.dimension().label())));
        return JsonSummary.text(json);
    }

    private static @Nullable Long amount(OptionalLong amount) {
        return amount.isPresent() ? amount.getAsLong() : null;
    }
}
