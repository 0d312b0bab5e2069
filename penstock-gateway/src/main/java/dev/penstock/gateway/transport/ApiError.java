package dev.penstock.gateway.transport;

import io.vertx.core.buffer.Buffer;
import java.time.Duration;
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
        throw new UnsupportedOperationException();
    }

    /** {@code {"error":{"message":…,"type":…,"param":…,"code":…}}}. */
    public Buffer body() {
        throw new UnsupportedOperationException();
    }

    /** The same as an event of a stream that has begun. */
    public Buffer event() {
        throw new UnsupportedOperationException();
    }
}
