package dev.penstock.emulator;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * An answer of the calls that manage files and batches, before the headers that all answers have.
 *
 * @param retryAfterSeconds for a refusal that passes
 */
record Reply(int status, byte[] body, OptionalLong retryAfterSeconds) {
    /** Whether the same request would be refused again. */
    boolean blamesTheRequest() {
        return status >= 400 && status < 500 && status != 429;
    }

    static Reply ok(JsonBytes json) {
        return new Reply(200, json.copy(), OptionalLong.empty());
    }

    static Reply refused(int status, String message, @Nullable String param, @Nullable String code) {
        return new Reply(status, ErrorBody.of(message, "invalid_request_error", param, code), OptionalLong.empty());
    }

    static Reply refused(AskRules.Wrong wrong) {
        return refused(wrong.status(), wrong.message(), wrong.param(), wrong.code());
    }

    static Reply tooMany(String message, long retryAfterSeconds) {
        return new Reply(
                429,
                ErrorBody.of(message, "requests", null, "rate_limit_exceeded"),
                OptionalLong.of(retryAfterSeconds));
    }

    /** What stands between a server and its clients says so when it has lost the answer. */
    static Reply badGateway() {
        return new Reply(502, ErrorBody.of("Bad gateway", "server_error", null, null), OptionalLong.empty());
    }

    static Reply invalidValue(String param, String message) {
        return refused(400, message, param, "invalid_value");
    }
}
