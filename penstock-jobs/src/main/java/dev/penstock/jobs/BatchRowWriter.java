package dev.penstock.jobs;

import com.fasterxml.jackson.core.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Optional;

/**
 * Lines as the Batch API writes them. A failure with an HTTP answer has a response, one without has an error.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/batch/request-output">Batch request output object</a>
 */
final class BatchRowWriter implements RowWriter {
    private static final int DIGEST_CHARACTERS = 16;

    private final InputWindow input;
    /** Makes the id of a line the same each time the output is written, and different for another input. */
    private final String idPrefix;

    BatchRowWriter(JobInput input, String inputSha256) {
        this.input = new InputWindow(input);
        this.idPrefix = "batch_req_" + inputSha256.substring(0, Math.min(DIGEST_CHARACTERS, inputSha256.length()));
    }

    @Override
    public void begin(ByteText out) {}

    @Override
    public void write(StoredRow row, ByteText out, ByteText failures) {
        if (row.result().isEmpty()) {
            return;
        }
        switch (row.result().get()) {
            case RowResult.Answered answered -> {
                begin(out, row.place());
                response(out, answered.status(), answered.requestId());
                body(out, answered.body());
                out.append("},\"error\":null}\n");
            }
            case RowResult.Failed failed -> {
                begin(failures, row.place());
                if (failed.status().isPresent()) {
                    response(failures, failed.status().getAsInt(), failed.requestId());
                    if (isJson(failed.body())) {
                        body(failures, failed.body());
                    } else {
                        error(failures.append("{\"error\":"), failed).append((byte) '}');
                    }
                    failures.append("},\"error\":null}\n");
                } else {
                    error(failures.append("null,\"error\":"), failed).append("}\n");
                }
            }
        }
    }

    private void begin(ByteText line, RowPlace place) {
        line.append("{\"id\":\"").append(idPrefix).append(String.format("%08x", place.number()));
        line.append("\",\"custom_id\":").appendJsonString(customId(place)).append(",\"response\":");
    }

    private String customId(RowPlace place) {
        try {
            int from = input.moveTo(place);
            return BatchRows.customId(new ByteArrayInputStream(input.bytes(), from, place.length()));
        } catch (IOException e) {
            throw input.changed();
        }
    }

    private static void response(ByteText line, int status, Optional<String> requestId) {
        line.append("{\"status_code\":").append(status).append(",\"request_id\":");
        if (requestId.isPresent()) {
            line.appendJsonString(requestId.get());
        } else {
            line.append("null");
        }
        line.append(",\"body\":");
    }

    private static void body(ByteText line, byte[] body) {
        int from = 0;
        int to = body.length;
        while (from < to && ByteText.isSpace(body[from])) {
            from++;
        }
        while (to > from && ByteText.isSpace(body[to - 1])) {
            to--;
        }
        line.appendOnOneLine(body, from, to - from);
    }

    private static ByteText error(ByteText line, RowResult.Failed failed) {
        return line.append("{\"code\":")
                .appendJsonString(failed.code())
                .append(",\"message\":")
                .appendJsonString(failed.message())
                .append((byte) '}');
    }

    private static boolean isJson(byte[] body) {
        if (Utf8.firstMalformed(body, 0, body.length) >= 0) {
            return false;
        }
        try (JsonParser json = JsonLine.JSON.createParser(body)) {
            if (json.nextToken() == null) {
                return false;
            }
            json.skipChildren();
            return json.nextToken() == null;
        } catch (IOException notJson) {
            return false;
        }
    }
}
