package dev.penstock.gateway.transport;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An answer of our own, in the shape of OpenAI's errors, which clients know how to read. Immutable.
 *
 * @param status HTTP status, 400 to 599
 * @param message what was given, the rule, and what to do next
 * @param type as in {@code invalid_request_error}
 * @param param the field at fault
 * @param code for programs, as in {@code queue_full}
 * @param retryAfter the earliest time to come back; sent rounded up to seconds, and exact in {@code retry-after-ms}
 * @param shouldRetry what the official clients are told in {@code x-should-retry}
 */
public record ApiError(
        int status,
        String message,
        String type,
        Optional<String> param,
        Optional<String> code,
        Optional<Duration> retryAfter,
        Optional<Boolean> shouldRetry) {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int NANOS_PER_MILLI = 1_000_000;
    private static final int MILLIS_PER_SECOND = 1_000;

    public static ApiError of(int status, String type, @Nullable String code, String message) {
        return new ApiError(
                status, message, type, Optional.empty(), Optional.ofNullable(code), Optional.empty(), Optional.empty());
    }

    /** An {@code invalid_request_error}. */
    public static ApiError invalid(int status, @Nullable String code, String message) {
        return of(status, "invalid_request_error", code, message);
    }

    public ApiError about(String field) {
        return new ApiError(status, message, type, Optional.of(field), code, retryAfter, shouldRetry);
    }

    public ApiError retryAfter(Duration wait) {
        return new ApiError(status, message, type, param, code, Optional.of(wait), shouldRetry);
    }

    public ApiError shouldRetry(boolean should) {
        return new ApiError(status, message, type, param, code, retryAfter, Optional.of(should));
    }

    /** The headers that go with it, without the length. */
    public Map<String, String> headers() {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("content-type", "application/json");
        retryAfter.ifPresent(wait -> {
            long millis = Math.max(0, wait.plusNanos(NANOS_PER_MILLI - 1).toMillis());
            headers.put("retry-after", Long.toString(Math.ceilDiv(millis, MILLIS_PER_SECOND)));
            headers.put("retry-after-ms", Long.toString(millis));
        });
        shouldRetry.ifPresent(should -> headers.put("x-should-retry", should.toString()));
        return headers;
    }

    /** {@code {"error":{"message":…,"type":…,"param":…,"code":…}}}. */
    public Buffer body() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeObjectFieldStart("error");
            json.writeStringField("message", message);
            json.writeStringField("type", type);
            json.writeStringField("param", param.orElse(null));
            json.writeStringField("code", code.orElse(null));
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException("text in memory cannot be written", impossible);
        }
        return Buffer.buffer(text.toString());
    }

    /** The same as an event of a stream that has begun. */
    public Buffer event() {
        return Buffer.buffer("event: error\ndata: ").appendBuffer(body()).appendString("\n\n");
    }
}
