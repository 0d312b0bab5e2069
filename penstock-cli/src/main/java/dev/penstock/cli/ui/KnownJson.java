package dev.penstock.cli.ui;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.penstock.simulator.strategy.Strategies;
import dev.penstock.wire.TierRow;
import dev.penstock.wire.TierTable;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.OptionalLong;

/** What the page lets one choose from. */
final class KnownJson {
    private static final JsonFactory JSON = new JsonFactory();

    private KnownJson() {}

    static String of(TierTable tiers) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeArrayFieldStart("strategies");
            for (String name : Strategies.names()) {
                json.writeStartObject();
                json.writeStringField("strategy", name);
                json.writeStringField("description", Strategies.description(name));
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeArrayFieldStart("tiers");
            for (TierRow row : tiers.rows()) {
                write(json, row);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static void write(JsonGenerator json, TierRow row) throws IOException {
        json.writeStartObject();
        json.writeStringField("model", row.family());
        json.writeStringField("tier", row.tier());
        limit(json, "rpm", row.requestsPerMinute());
        limit(json, "rpd", row.requestsPerDay());
        limit(json, "tpm", row.tokensPerMinute());
        limit(json, "batch_queue_tokens", row.batchQueueTokens());
        json.writeStringField("source", row.source());
        json.writeStringField("date", row.date());
        json.writeStringField("requires", row.requires());
        json.writeEndObject();
    }

    private static void limit(JsonGenerator json, String name, OptionalLong amount) throws IOException {
        if (amount.isPresent()) {
            json.writeNumberField(name, amount.getAsLong());
        } else {
            json.writeNullField(name);
        }
    }
}
