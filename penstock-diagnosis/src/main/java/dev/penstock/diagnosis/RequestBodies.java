package dev.penstock.diagnosis;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes out of a text what somebody asked a model: prompts may hold the words, codes and numbers of refusals, and are nobody
 * else's business. Stateless and thread-safe.
 */
final class RequestBodies {
    private static final int MOST_BODIES = 4_000;
    private static final Pattern KEY = Pattern.compile(
            "(?i)(?<![\\w.-])((?:[a-z]{1,20}[_.]){0,3}(?:messages|content|input|prompt|instructions))[\"'\\\\]{0,16}\\s?[:=]\\s?");
    /** What HTTP clients call the body of an answer. */
    private static final Pattern ANSWER = Pattern.compile("(?i)(?:response|error|answer)[_.]");

    private static final Pattern SCALAR = Pattern.compile("(?:[\\d.]{1,20}|null|None|true|false)(?=[\\s,;)}\\]]|$)");

    private RequestBodies() {}

    /** The text with each request's words replaced by as many blanks; lines stay lines. */
    static String blanked(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        boolean any = lower.contains("content")
                || lower.contains("messages")
                || lower.contains("prompt")
                || lower.contains("input")
                || lower.contains("instructions");
        if (!any) {
            return text;
        }
        Matcher key = KEY.matcher(text);
        StringBuilder out = null;
        int from = 0;
        for (int i = 0; i < MOST_BODIES && from < text.length() && key.find(from); i++) {
            from = key.end();
            if (ANSWER.matcher(key.group(1)).lookingAt()) {
                continue;
            }
            int end = end(text, from);
            if (end > from) {
                out = out == null ? new StringBuilder(text) : out;
                for (int at = from; at < end; at++) {
                    if (out.charAt(at) != '\n') {
                        out.setCharAt(at, ' ');
                    }
                }
                from = end;
            }
        }
        return out == null ? text : out.toString();
    }

    /** Where the value ends that begins there; where it began if it is none of a request. */
    private static int end(String text, int from) {
        int quote = quoteAt(text, from);
        if (quote >= 0) {
            return quotedEnd(text, from, quote);
        }
        char first = from < text.length() ? text.charAt(from) : '\n';
        if (first == '[') {
            return listEnd(text, from);
        }
        boolean none = first == '{'
                || first == '\n'
                || SCALAR.matcher(text).region(from, text.length()).lookingAt();
        // An object is no request's: HAR files call the body of an answer so.
        return none ? from : lineEnd(text, from);
    }

    private static int lineEnd(String text, int from) {
        int end = text.indexOf('\n', from);
        return end < 0 ? text.length() : end;
    }

    /** The place of a quotation mark that only backslashes, or the letter of a literal, precede; -1 if there is none. */
    private static int quoteAt(String text, int from) {
        int i = from;
        if (i + 1 < text.length() && "bfru".indexOf(text.charAt(i)) >= 0 && "\"'".indexOf(text.charAt(i + 1)) >= 0) {
            i++;
        }
        while (i < text.length() && text.charAt(i) == '\\' && i - from < 64) {
            i++;
        }
        return i < text.length() && "\"'`".indexOf(text.charAt(i)) >= 0 ? i : -1;
    }

    /** As many backslashes precede the marks as JSON was put into JSON. A string that does not end takes its line. */
    private static int quotedEnd(String text, int from, int quote) {
        int escapes = 0;
        while (quote - escapes > from && text.charAt(quote - escapes - 1) == '\\') {
            escapes++;
        }
        char mark = text.charAt(quote);
        int i = quote + 1;
        while (i < text.length() && text.charAt(i) != '\n') {
            int run = i;
            while (run < text.length() && text.charAt(run) == '\\') {
                run++;
            }
            if (run < text.length() && text.charAt(run) == mark) {
                int backslashes = run - i;
                if (backslashes < escapes || (backslashes - escapes) % (2 * (escapes + 1)) == 0) {
                    return run + 1;
                }
            }
            i = run > i && run < text.length() && text.charAt(run) == '\n' ? run : run + 1;
        }
        return Math.min(i, text.length());
    }

    /** A list that does not end, as in a log that cuts its lines, takes its line. */
    private static int listEnd(String text, int from) {
        int open = 0;
        int i = from;
        while (i < text.length()) {
            char c = text.charAt(i);
            int quote = i > 0 && !Character.isLetterOrDigit(text.charAt(i - 1)) ? quoteAt(text, i) : -1;
            if (quote >= 0) {
                i = quotedEnd(text, i, quote);
                continue;
            }
            i++;
            if (c == '[' || c == '{') {
                open++;
            } else if (c == ']' || c == '}') {
                open--;
                if (open == 0) {
                    return i;
                }
            }
        }
        return lineEnd(text, from);
    }
}
