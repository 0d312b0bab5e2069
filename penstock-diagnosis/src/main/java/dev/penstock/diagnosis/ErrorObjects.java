package dev.penstock.diagnosis;

import dev.penstock.wire.ErrorBody;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds error objects in text, in all the ways in which programs write them: JSON, JSON escaped inside strings of JSON any
 * number of times, the repr of Python, the inspection of Node.js; whole, cut off or in the midst of other words. What cannot
 * be read ends an object, and what was read until then counts.
 */
final class ErrorObjects {
    private static final int MOST_OBJECTS = 10_000;
    private static final int MOST_FIELDS = 40;
    private static final int DEEPEST = 6;
    private static final Pattern START = Pattern.compile("\\b(?:error|errors|data)[\"'\\\\]{0,16}\\s{0,8}[:=]\\s{0,8}"
            + "(?:\\[\\s{0,40})?\\{|^\\s{0,40}\\[?\\s{0,40}\\{|\\},?\\s{0,40}\\{");

    private final String text;
    private int at;

    private ErrorObjects(String text) {
        this.text = text;
    }

    /** In the order of the text. An object that has neither a message nor a code is none. */
    static List<ErrorBody> in(String text) {
        List<ErrorBody> found = new ArrayList<>();
        Matcher start = START.matcher(text);
        int from = 0;
        for (int i = 0; i < MOST_OBJECTS && from < text.length() && start.find(from); i++) {
            from = start.end();
            ErrorObjects reader = new ErrorObjects(text);
            reader.at = start.end();
            Map<String, String> fields = reader.fields(0);
            String message = fields.getOrDefault("message", "");
            String code = word(fields.getOrDefault("code", ""));
            String type = word(fields.getOrDefault("type", ""));
            boolean flat = !fields.containsKey("error") && !(message.isEmpty() && code.isEmpty() && type.isEmpty());
            if (flat && (!message.isEmpty() || !code.isEmpty())) {
                found.add(new ErrorBody(message, type, code, fields.getOrDefault("param", "")));
                from = Math.max(from, reader.at);
            }
        }
        return found;
    }

    private static String word(String value) {
        return value.equals("None") || value.equals("null") || value.equals("undefined")
                ? ""
                : value.toLowerCase(Locale.ROOT);
    }

    /** Reads fields until the object's end or the first thing that is none; nested objects are passed over. */
    private Map<String, String> fields(int depth) {
        Map<String, String> fields = new HashMap<>();
        for (int i = 0; i < MOST_FIELDS; i++) {
            blanks();
            String key = key();
            if (key.isEmpty()) {
                break;
            }
            blanks();
            if (at >= text.length() || (text.charAt(at) != ':' && text.charAt(at) != '=')) {
                break;
            }
            at++;
            blanks();
            if (at < text.length() && (text.charAt(at) == '{' || text.charAt(at) == '[')) {
                if (key.equals("error") || key.equals("errors") || key.equals("response") || key.equals("data")) {
                    // It is looked at by itself, from its own beginning.
                    fields.put("error", "");
                    break;
                }
                if (!skip(depth)) {
                    break;
                }
            } else {
                fields.putIfAbsent(key.toLowerCase(Locale.ROOT), value());
            }
        }
        if (at < text.length() && text.charAt(at) == '}') {
            at++;
        }
        return fields;
    }

    private void blanks() {
        while (at < text.length()) {
            char c = text.charAt(at);
            boolean escapedBreak = c == '\\' && escapedBreakEnd(at) > 0;
            if (escapedBreak) {
                at = escapedBreakEnd(at);
            } else if (Character.isWhitespace(c) || c == ',') {
                at++;
            } else {
                return;
            }
        }
    }

    /** The place after {@code \n} or {@code \\n}; 0 if there is none. */
    private int escapedBreakEnd(int from) {
        int i = from;
        while (i < text.length() && text.charAt(i) == '\\') {
            i++;
        }
        return i > from
                        && i < text.length()
                        && (text.charAt(i) == 'n' || text.charAt(i) == 't' || text.charAt(i) == 'r')
                ? i + 1
                : 0;
    }

    private String key() {
        int quote = quoteAt(at);
        if (quote >= 0) {
            return quoted(quote);
        }
        int from = at;
        while (at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_')) {
            at++;
        }
        return text.substring(from, at);
    }

    private String value() {
        int quote = quoteAt(at);
        if (quote >= 0) {
            return quoted(quote);
        }
        int from = at;
        while (at < text.length() && ",}])\n\\".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return text.substring(from, at).strip();
    }

    /** The place of a quotation mark that only backslashes precede; -1 if there is none. */
    private int quoteAt(int from) {
        int i = from;
        while (i < text.length() && text.charAt(i) == '\\' && i - from < 64) {
            i++;
        }
        return i < text.length() && "\"'`".indexOf(text.charAt(i)) >= 0 ? i : -1;
    }

    /** Reads a string that starts with the mark there, which as many backslashes precede as JSON was put into JSON. */
    private String quoted(int quote) {
        int escapes = quote - at;
        char mark = text.charAt(quote);
        StringBuilder value = new StringBuilder();
        int i = quote + 1;
        while (i < text.length()) {
            char c = text.charAt(i);
            if (c != '\\' && c != mark) {
                value.append(c);
                i++;
                continue;
            }
            int run = i;
            while (run < text.length() && text.charAt(run) == '\\') {
                run++;
            }
            int backslashes = run - i;
            if (run >= text.length()) {
                i = run;
                break;
            }
            char after = text.charAt(run);
            if (after == mark && backslashes >= escapes && (backslashes - escapes) % (2 * (escapes + 1)) == 0) {
                at = run + 1;
                return value.toString();
            }
            if (after == mark && backslashes < escapes) {
                // The string that holds this one ends here.
                break;
            }
            i = run + 1;
            value.append(backslashes > 0 && (after == 'n' || after == 't' || after == 'r') ? ' ' : after);
        }
        at = Math.min(i, text.length());
        return value.toString();
    }

    /** Passes over an object or list. */
    private boolean skip(int depth) {
        if (depth >= DEEPEST) {
            return false;
        }
        int open = 0;
        int steps = 0;
        while (at < text.length() && steps++ < 4_000) {
            char c = text.charAt(at);
            int quote = quoteAt(at);
            if (quote >= 0) {
                String unused = quoted(quote);
                continue;
            }
            at++;
            if (c == '{' || c == '[') {
                open++;
            } else if (c == '}' || c == ']') {
                open--;
                if (open == 0) {
                    return true;
                }
            }
        }
        return false;
    }
}
