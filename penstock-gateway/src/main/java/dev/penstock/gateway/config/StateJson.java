package dev.penstock.gateway.config;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** What stands in a state file. Everything that is not expected is refused: another version may mean it differently. */
final class StateJson {
    private static final String FORMAT = "format";
    private static final String VERSION = "version";
    private static final String TENANTS = "tenants";
    private static final String PER = "per";
    private static final String FROM = "from";
    private static final String TOKENS = "tokens";
    private static final String NANO_DOLLARS = "nano_dollars";

    private StateJson() {}

    static void write(JsonGenerator json, Map<String, SpentBudget> spent) throws IOException {
        json.useDefaultPrettyPrinter();
        json.writeStartObject();
        json.writeStringField(FORMAT, StateFile.FORMAT);
        json.writeNumberField(VERSION, StateFile.VERSION);
        json.writeObjectFieldStart(TENANTS);
        for (Map.Entry<String, SpentBudget> each : spent.entrySet()) {
            json.writeObjectFieldStart(each.getKey());
            json.writeStringField(PER, each.getValue().period().label());
            json.writeStringField(FROM, each.getValue().from().toString());
            json.writeNumberField(TOKENS, each.getValue().tokens());
            json.writeNumberField(NANO_DOLLARS, each.getValue().nanoDollars());
            json.writeEndObject();
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    /** @throws IllegalArgumentException if something else stands there */
    static Map<String, SpentBudget> read(JsonParser json) throws IOException {
        expect(json.nextToken() == JsonToken.START_OBJECT, "no object");
        expectName(json, FORMAT);
        expect(StateFile.FORMAT.equals(json.nextTextValue()), "another format");
        expectName(json, VERSION);
        long version = count(json, VERSION);
        expect(version == StateFile.VERSION, "version " + version + ", this Penstock reads " + StateFile.VERSION);
        expectName(json, TENANTS);
        expect(json.nextToken() == JsonToken.START_OBJECT, "no tenants");
        Map<String, SpentBudget> spent = new LinkedHashMap<>();
        for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
            spent.put(name, budget(json));
        }
        expect(json.currentToken() == JsonToken.END_OBJECT, "a tenant without name");
        expect(json.nextToken() == JsonToken.END_OBJECT, "something after the tenants");
        expect(json.nextToken() == null, "something after the object");
        return spent;
    }

    private static SpentBudget budget(JsonParser json) throws IOException {
        expect(json.nextToken() == JsonToken.START_OBJECT, "a tenant that is no object");
        String per = "";
        String from = "";
        long tokens = 0;
        long nanoDollars = 0;
        Set<String> names = new HashSet<>();
        for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
            names.add(name);
            switch (name) {
                case PER -> per = text(json, PER);
                case FROM -> from = text(json, FROM);
                case TOKENS -> tokens = count(json, TOKENS);
                case NANO_DOLLARS -> nanoDollars = count(json, NANO_DOLLARS);
                default -> throw new IllegalArgumentException("an unknown member of a tenant");
            }
        }
        expect(names.size() == 4, "a tenant without all of per, from, tokens and nano_dollars");
        for (Budget.Period period : Budget.Period.values()) {
            if (period.label().equals(per)) {
                return new SpentBudget(period, Instant.parse(from), tokens, nanoDollars);
            }
        }
        throw new IllegalArgumentException("a period that is none");
    }

    private static void expectName(JsonParser json, String name) throws IOException {
        expect(name.equals(json.nextFieldName()), "no " + name);
    }

    private static String text(JsonParser json, String name) throws IOException {
        String text = json.nextTextValue();
        if (text == null) {
            throw new IllegalArgumentException(name + " is no text");
        }
        return text;
    }

    private static long count(JsonParser json, String name) throws IOException {
        expect(json.nextToken() == JsonToken.VALUE_NUMBER_INT, name + " is no whole number");
        long value = json.getLongValue();
        expect(value >= 0, name + " is negative");
        return value;
    }

    private static void expect(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
