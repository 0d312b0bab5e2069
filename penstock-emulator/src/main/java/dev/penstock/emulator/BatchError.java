package dev.penstock.emulator;

import org.jspecify.annotations.Nullable;

/**
 * Why a batch failed as a whole.
 *
 * @param line of the input, from 1; 0 when it is not about one line
 */
record BatchError(String code, String message, @Nullable String param, long line) {
    void write(JsonBytes json) {
        json.raw("{\"code\":").string(code).raw(",\"message\":").string(message);
        json.raw(",\"param\":").optional(param).raw(",\"line\":");
        if (line == 0) {
            json.raw("null}");
        } else {
            json.number(line).raw('}');
        }
    }
}
