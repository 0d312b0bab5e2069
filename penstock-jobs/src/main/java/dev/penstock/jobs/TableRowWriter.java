package dev.penstock.jobs;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a table with one column more. Where input and output have the same format, the row's own bytes are copied;
 * otherwise its values are carried over: text as it is, other JSON values as their JSON text.
 */
final class TableRowWriter implements RowWriter {
    private final InputWindow input;
    private final RowFormat from;
    private final RowFormat to;
    private final List<String> columns;
    private final Map<String, Integer> positions = new HashMap<>();
    private final String answerName;

    TableRowWriter(JobInput input, List<String> columns, RowFormat to) {
        this.input = new InputWindow(input);
        this.from = input.format();
        this.to = to;
        this.columns = columns;
        this.answerName = OutputColumns.answerName(columns);
        for (String column : columns) {
            positions.putIfAbsent(column, positions.size());
        }
        if (from == RowFormat.JSONL && to.isDelimited() && columns.size() >= JobInput.COLUMNS_KEPT) {
            throw new OutputException("the input's rows have " + columns.size()
                    + " columns or more, too many for a table with a header; write .jsonl instead");
        }
    }

    @Override
    public void begin(ByteText out) {
        if (to.isDelimited()) {
            for (String column : columns) {
                DelimitedRecord.append(out, column, to.delimiter());
                out.append(to.delimiter());
            }
            out.append(answerName).append((byte) '\n');
        }
    }

    @Override
    public void write(StoredRow row, ByteText out, ByteText failures) {
        String answer = null;
        if (row.result().isPresent()) {
            switch (row.result().get()) {
                case RowResult.Answered answered -> answer = AnswerText.of(answered.body());
                case RowResult.Failed failed -> describe(row.place(), failed, failures);
            }
        }
        int start = input.moveTo(row.place());
        byte[] bytes = input.bytes();
        int length = row.place().length();
        try {
            if (to.isDelimited()) {
                if (from == to) {
                    out.append(bytes, start, length);
                } else if (from.isDelimited()) {
                    values(fields(bytes, start, length).texts(), out);
                } else {
                    values(jsonValues(bytes, start, length), out);
                }
                out.append(to.delimiter());
                DelimitedRecord.append(out, answer == null ? "" : answer, to.delimiter());
                out.append((byte) '\n');
            } else if (from.isDelimited()) {
                jsonObject(fields(bytes, start, length), answer, out);
            } else {
                jsonCopy(bytes, start, length, answer, out);
            }
        } catch (IOException | BadRowException e) {
            throw input.changed();
        }
    }

    private static void describe(RowPlace place, RowResult.Failed failed, ByteText failures) {
        failures.append("{\"row\":").append(place.number()).append(",\"line\":").append(place.line());
        failures.append(",\"status_code\":");
        if (failed.status().isPresent()) {
            failures.append(failed.status().getAsInt());
        } else {
            failures.append("null");
        }
        failures.append(",\"request_id\":");
        if (failed.requestId().isPresent()) {
            failures.appendJsonString(failed.requestId().get());
        } else {
            failures.append("null");
        }
        failures.append(",\"code\":").appendJsonString(failed.code());
        failures.append(",\"message\":").appendJsonString(failed.message()).append("}\n");
    }

    private DelimitedRecord fields(byte[] bytes, int start, int length) throws BadRowException {
        DelimitedRecord record = new DelimitedRecord(from.delimiter());
        record.read(bytes, start, length);
        if (record.count() != columns.size()) {
            throw input.changed();
        }
        return record;
    }

    private void values(List<String> values, ByteText out) {
        for (int i = 0; i < values.size(); i++) {
            if (i > 0) {
                out.append(to.delimiter());
            }
            DelimitedRecord.append(out, values.get(i), to.delimiter());
        }
    }

    private List<String> jsonValues(byte[] bytes, int start, int length) throws IOException, BadRowException {
        String[] values = new String[columns.size()];
        Arrays.fill(values, "");
        try (JsonParser json = JsonLine.open(bytes, start, length)) {
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                Integer position = positions.get(json.currentName());
                JsonToken value = json.nextToken();
                int valueStart = JsonLine.tokenStart(json);
                if (position == null || value == JsonToken.VALUE_NULL) {
                    json.skipChildren();
                } else if (value.isScalarValue()) {
                    values[position] = json.getText();
                } else {
                    json.skipChildren();
                    values[position] = new String(
                            bytes, start + valueStart, JsonLine.position(json) - valueStart, StandardCharsets.UTF_8);
                }
            }
        }
        return List.of(values);
    }

    private void jsonObject(DelimitedRecord record, @Nullable String answer, ByteText out) {
        out.append((byte) '{');
        for (int field = 0; field < record.count(); field++) {
            out.appendJsonString(columns.get(field)).append((byte) ':');
            out.appendJsonString(record.text(field)).append((byte) ',');
        }
        answer(answer, out);
    }

    private void jsonCopy(byte[] bytes, int start, int length, @Nullable String answer, ByteText out) {
        int end = start + length;
        while (bytes[end - 1] != '}') {
            end--;
        }
        int last = end - 1;
        while (ByteText.isSpace(bytes[last - 1])) {
            last--;
        }
        out.appendOnOneLine(bytes, start, last - start);
        if (bytes[last - 1] != '{') {
            out.append((byte) ',');
        }
        answer(answer, out);
    }

    private void answer(@Nullable String answer, ByteText out) {
        out.appendJsonString(answerName).append((byte) ':');
        if (answer == null) {
            out.append("null");
        } else {
            out.appendJsonString(answer);
        }
        out.append("}\n");
    }
}
