package dev.penstock.diagnosis;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What of a refusal's text may be shown to others: the words that providers always use, and their figures. All between them
 * is left out, since people's own words may stand there, or anything that a logger put behind. Stateless and thread-safe.
 */
final class Quotation {
    private static final int MOST_PIECES = 8;
    /** Begins with what stands first in a sentence; what varies within that is in no piece. */
    private static final Pattern PIECE = Pattern.compile(
            "(?i)\\b(?:rate limit (?:reached|exceeded) for\\b|request too large for\\b|you exceeded your current quota|"
                    + "you have no credits remaining|billing hard limit has been\\b|requests to the\\b|under azure openai|"
                    + "(?:the )?server had an error while processing your request|that model is currently overloaded|"
                    + "our servers are currently overloaded|the engine is currently overloaded|selected model is at capacity|"
                    + "flex does not have sufficient resources|request rate (?:has )?increased too quickly|"
                    + "enqueued token limit reached|the number of enqueued tokens has surpassed|"
                    + "number of (?:[a-z]+ )?(?:tokens|requests) has exceeded your\\b|this request would exceed your\\b|"
                    + "too many concurrent requests|your account reached max organization|"
                    + "exceeded (?:the )?(?:token|call|request) rate limit|"
                    + "(?:per-minute|daily) rate limit|rate limit of \\d[\\d,]{0,12}(?= )|"
                    + "(?:request|token|image)s? per (?:minute|min|day|hour|second|sec)\\b(?: \\([RTI]P[MDHS]\\))?|"
                    + "concurrent requests|"
                    + "(?:limit|used|current|requested):?\\s?\\d[\\d,]{0,12}\\b|"
                    + "(?:try again|retry) (?:in|after) (?:(?:\\d{1,9}(?:\\.\\d{1,9})?(?:h|ms|m|us|ns|s))+"
                    + "|\\d{1,9}(?:\\.\\d{1,9})? (?:milli)?(?:second|minute|hour|day)s?)\\b)");
    /** Codes and types are made of these words; others could be anybody's. */
    private static final Pattern CODE = Pattern.compile(
            "\\d{3}|tokens|requests|images|queue_[a-z]{1,20}(?:_[a-z]{1,20})?|"
                    + "(?:(?:rate|request|requests|token|tokens|usage|spend|hard|billing|organization|project|enforced|credit|balance|"
                    + "insufficient|quota|limit|server|service|unavailable|internal|invalid|api|is|not|too|many|slow|down|active|"
                    + "overloaded|exceeded|exhausted|reached|error|user|image|model|length|context|large)(?:_|$)){2,8}");

    private static final Pattern WAIT =
            Pattern.compile("\\d{1,9}(?:\\.\\d{1,6})?|[A-Z][a-z]{2}, \\d{2} [A-Z][a-z]{2} \\d{4} [\\d:]{8} GMT");

    private Quotation() {}

    /** The known pieces of a text in its order, with dots for the rest; empty if there are none. */
    static String of(String text) {
        List<String> pieces = new ArrayList<>();
        Matcher piece = PIECE.matcher(text);
        int end = 0;
        StringBuilder quoted = new StringBuilder();
        while (pieces.size() < MOST_PIECES && piece.find()) {
            String between = text.substring(end, piece.start());
            boolean next = !pieces.isEmpty() && (between.isBlank() || between.matches("[,:.]\\s?"));
            quoted.append(pieces.isEmpty() ? "" : next ? between : " … ").append(piece.group());
            pieces.add(piece.group());
            end = piece.end();
        }
        return Redaction.of(quoted.toString());
    }

    /** Whether a code or type is one that providers have. */
    static boolean isCode(String word) {
        return word.length() <= 60 && CODE.matcher(word).matches();
    }

    /** Whether the value of a header is a time to wait. */
    static boolean isWait(String value) {
        return WAIT.matcher(value).matches();
    }
}
