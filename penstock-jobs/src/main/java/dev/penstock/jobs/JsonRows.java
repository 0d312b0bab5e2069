package dev.penstock.jobs;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.penstock.wire.Endpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of JSON objects, turned into chat completions. A string goes into the prompt as it is, any other value as its
 * JSON text; null is refused, because a prompt with a hole would be paid for all the same.
 */
final class JsonRows implements RowParser {
    private final ChatRequestTemplate template;
    private final @Nullable ColumnNames seen;

    JsonRows(ChatRequestTemplate template) {
        this(template, null);
    }

    private JsonRows(ChatRequestTemplate template, @Nullable ColumnNames seen) {
        this.template = template;
        this.seen = seen;
    }

    /** The same rows, noting the columns of each; for one thread. */
    JsonRows noting(ColumnNames columns) {
        return new JsonRows(template, columns);
    }

    @Override
    public PreparedRequest parse(byte[] bytes, int offset, int length, long number) throws BadRowException {
        List<String> wanted = template.columns();
        @Nullable String[] values = new @Nullable String[wanted.size()];
        List<String> names = new ArrayList<>();
        try (JsonParser json = JsonLine.open(bytes, offset, length)) {
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                names.add(name);
                JsonToken value = json.nextToken();
                int column = wanted.indexOf(name);
                if (column >= 0) {
                    values[column] = text(json, value, bytes, offset, name);
                } else {
                    json.skipChildren();
                }
            }
            JsonLine.end(json);
        } catch (IOException e) {
            throw JsonLine.malformed(e, bytes, offset, length);
        }
        for (int column = 0; column < values.length; column++) {
            if (values[column] == null) {
                throw new BadRowException(0, ColumnCheck.missing(wanted.get(column), names));
            }
        }
        if (seen != null) {
            names.forEach(seen::add);
        }
        return Requests.prepare(
                Endpoint.CHAT_COMPLETIONS, JobInput.tableRowId(number), template.body(complete(values)), 0);
    }

    /** Only called when no value is null. */
    @SuppressWarnings("NullAway")
    private static String[] complete(@Nullable String[] values) {
        return values;
    }

    private static String text(JsonParser json, JsonToken value, byte[] bytes, int offset, String name)
            throws IOException, BadRowException {
        return switch (value) {
            case VALUE_STRING -> json.getText();
            case VALUE_NULL ->
                throw new BadRowException(
                        JsonLine.tokenStart(json),
                        "column " + name + " is null, but the prompt needs it; give it a value, \"\" for none");
            default -> {
                int start = JsonLine.tokenStart(json);
                json.skipChildren();
                if (value.isScalarValue()) {
                    yield json.getText();
                }
                yield new String(bytes, offset + start, JsonLine.position(json) - start, StandardCharsets.UTF_8);
            }
        };
    }

    /** The names at the top level of an object; empty when the row is not one. */
    static List<String> names(byte[] bytes, int offset, int length) {
        List<String> names = new ArrayList<>();
        try (JsonParser json = JsonLine.open(bytes, offset, length)) {
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                names.add(json.currentName());
                json.nextToken();
                json.skipChildren();
            }
            JsonLine.end(json);
        } catch (IOException | BadRowException notAnObject) {
            return List.of();
        }
        return names;
    }
}
