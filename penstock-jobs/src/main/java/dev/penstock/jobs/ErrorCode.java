package dev.penstock.jobs;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.penstock.verdict.Verdict;
import java.io.IOException;
import java.util.Locale;

/** The short word for programs that says why a row failed. */
final class ErrorCode {
    private static final int LONGEST = 80;

    private ErrorCode() {}

    /** The provider's own {@code error.code}, or else its {@code error.type}; empty if the body holds neither. */
    static String of(byte[] body) {
        String code = "";
        String type = "";
        try (JsonParser json = JsonLine.JSON.createParser(body)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return "";
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                boolean isError = json.currentName().equals("error");
                if (json.nextToken() == JsonToken.START_OBJECT && isError) {
                    while (json.nextToken() == JsonToken.FIELD_NAME) {
                        String name = json.currentName();
                        boolean text = json.nextToken() == JsonToken.VALUE_STRING;
                        if (text && name.equals("code")) {
                            code = json.getText();
                        } else if (text && name.equals("type")) {
                            type = json.getText();
                        } else {
                            json.skipChildren();
                        }
                    }
                } else {
                    json.skipChildren();
                }
            }
        } catch (IOException notJson) {
            return "";
        }
        String found = code.isEmpty() ? type : code;
        return found.length() > LONGEST ? found.substring(0, LONGEST) : found;
    }

    /** Our own word where the provider has none. */
    static String of(Verdict verdict) {
        String word = switch (verdict) {
            case Verdict.Accepted accepted -> "answered";
            case Verdict.Throttled throttled -> "rate_limit_exceeded";
            case Verdict.SlowDown slowDown -> "slow_down";
            case Verdict.Transient fault -> fault.fault().name();
            case Verdict.Rejected rejected -> rejected.reason().name();
            case Verdict.AccountStopped stopped -> stopped.reason().name();
        };
        return word.toLowerCase(Locale.ROOT);
    }
}
