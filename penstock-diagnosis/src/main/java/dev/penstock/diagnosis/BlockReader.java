package dev.penstock.diagnosis;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.LimitExceeded;
import dev.penstock.limit.LimitState;
import dev.penstock.limit.Scope;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.ErrorBody;
import dev.penstock.wire.HeaderLookup;
import dev.penstock.wire.ModelFamily;
import dev.penstock.wire.RateLimitHeaders;
import dev.penstock.wire.RefusalText;
import dev.penstock.wire.RetryAfter;
import dev.penstock.wire.VerdictReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the refusals in one event of a log, that is, in one line or in lines that belong together. What a refusal means is
 * decided by {@link VerdictReader}, as for live answers; this class only finds the fields. Stateless and thread-safe.
 */
final class BlockReader {
    private static final Pattern SENTENCE = Pattern.compile(
            "(?i)(?:rate limit (?:reached|exceeded) for |request too large for |you exceeded your current quota|"
                    + "you have no credits remaining|billing hard limit has been|"
                    + "requests to the [\\w .]{1,80}? under azure openai|"
                    + "(?:the )?server had an error while processing your request|that model is currently overloaded|"
                    + "our servers are currently overloaded|the engine is currently overloaded|"
                    + "selected model is at capacity|flex does not have sufficient resources|"
                    + "request rate (?:has )?increased too quickly|enqueued token limit reached|"
                    + "the number of enqueued tokens has surpassed|number of [\\w ]{1,40} has exceeded your |"
                    + "this request would exceed your |too many concurrent requests|your account reached max organization)"
                    + "[^\\n\"{}]{0,700}");
    private static final Pattern STATUS = Pattern.compile(
            "(?i)(?:Error code: |status(?:[_ ]?code)?[\"'\\\\]{0,8}\\s?[:=]?\\s?[\"'\\\\]{0,8}|HTTP/[\\d.]{1,3}[\"'\\\\]{0,4} |"
                    + "(?:Error|Exception): |\"(?:POST|GET) \\S{1,400}? HTTP/[\\d.]{1,3}\" |HTTP |"
                    + "\"(?=\\d{3} (?:Too Many Req|Internal Server|Bad Gateway|Service Unav)))([2-5]\\d\\d)\\b(?![.,]\\d)");
    private static final Pattern STATUS_FIELD = Pattern.compile(
            "(?i)\\bstatus(?:[_ ]?code)?[\"'\\\\]{0,8}\\s?[:=]\\s?[\"'\\\\]{0,8}([2-5]\\d\\d)\\b(?![.,]\\d)");
    private static final Pattern NAMED_CODE =
            Pattern.compile("(?i)\\b(?:error[_.]?)?(?:code|type|reason|error)[\"'\\\\]{0,8}"
                    + "\\s?[:=]\\s?[\"'\\\\]{0,8}(rate_limit_exceeded|insufficient_quota|credit_balance_exhausted|billing_not_active|"
                    + "(?:organization|project)_spend_limit_exceeded|organization_usage_limit_exceeded|billing_hard_limit_reached|"
                    + "enforced_spend_limit_reached|server_is_overloaded|overloaded_error|rate_limit_error|slow_down|"
                    + "token_limit_exceeded)\\b");
    private static final Pattern EXCEPTION = Pattern.compile(
            "\\b(RateLimit(?:Error|Exception)|InternalServer(?:Error|Exception)|ServiceUnavailableError)\\b");
    private static final List<String> MARKS = List.of(
            "openai",
            "chat/completions",
            "/v1/responses",
            "/v1/embeddings",
            "/v1/completions",
            "/v1/images",
            "/v1/audio",
            "/v1/moderations",
            "/v1/batches",
            "/v1/messages",
            "anthropic",
            "litellm",
            "langchain",
            "x-ratelimit-");
    private static final Pattern MODEL_NAME = Pattern.compile("\\b(?:gpt-\\w|claude-|groq\\b|o[134]-mini)");
    private static final Pattern HEADER = Pattern.compile(
            "(?i)\\b(x-ratelimit-(?:limit|remaining|reset)-[a-z-]{1,30}|anthropic-ratelimit-[a-z-]{1,40}|retry-after(?:-ms)?|x-should-retry)"
                    + "[\"'\\\\]{0,8}\\s{0,2}[:=,]\\s{0,2}[\\[(]?[\"'\\\\]{0,8}([^\"'\\\\,;\\s)}\\]]{1,40})");
    private static final Pattern DATE = Pattern.compile(
            "(?im)\\b(date|retry-after)[\"'\\\\]{0,8}\\s{0,2}[:,]\\s{0,2}[\"'\\\\]{0,8}([A-Z][a-z]{2}, \\d{2} [A-Z][a-z]{2} \\d{4} [\\d:]{8} GMT)");
    private static final Pattern MODEL = Pattern.compile(
            "(?i)\\bmodel(?:[_ ]?name)?[\"'\\\\]{0,8}\\s?[:=]\\s?[\"'\\\\]{0,8}([a-z0-9][a-z0-9._:/-]{1,80})");
    private static final Pattern ANSI = Pattern.compile("\u001b\\[[\\d;]{0,12}m");
    private static final Pattern STACK = Pattern.compile("Traceback \\(most recent|(?m)^\\s+at \\S");
    private static final Pattern KNOWN_MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{1,60}");
    /** A status line, also behind the prefix of a log. In access logs a quotation mark stands before it, or the request's. */
    private static final Pattern STATUS_LINE = Pattern.compile("(?:^|[\\s\\]|>])HTTP/[\\d.]{1,3} 429\\b(?![.,]\\d)");

    /** What tells that a status line is one of any service whatever. */
    private static final Pattern OTHER_CALL =
            Pattern.compile("(?i)https?://|\\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \\S{1,400} HTTP/");

    private static final Pattern BAD_KEY = Pattern.compile("(?i)^(?:incorrect api key provided|invalid x-api-key)");
    /** As Anthropic writes it. */
    private static final Pattern LIMIT_OF =
            Pattern.compile("(?i)\\brate limit of (\\d[\\d,]{0,17}) (?:[a-z]{1,10} )?(?:requests|tokens) per ");

    private static final Pattern TOO_MANY_AT_ONCE =
            Pattern.compile("(?i)concurren(?:t|cy)|simultaneous|too many (?:active|open) (?:requests|connections)");
    private static final Pattern PER_DAY = Pattern.compile("(?i)\\bdaily\\b|PerDay|per day");
    private static final Pattern PER_MINUTE = Pattern.compile("(?i)per-minute|PerMinute|per minute|rate limit of");

    private BlockReader() {}

    /** What was found, and what else is worth telling. */
    record Reading(List<Finding> findings, List<LimitState> states, List<String> otherErrors) {
        static final Reading NOTHING = new Reading(List.of(), List.of(), List.of());
    }

    /** @param headersAlone whether the block is a list of headers, of which not even a status is known */
    static Reading read(String block, boolean headersAlone) {
        String text = RequestBodies.blanked(
                block.indexOf('\u001b') >= 0 ? ANSI.matcher(block).replaceAll("") : block);
        String lower = text.toLowerCase(Locale.ROOT);
        boolean marked = marked(lower);
        boolean trace = (text.indexOf('\n') >= 0 || text.contains("Traceback"))
                && STACK.matcher(text).find();
        Map<String, String> headers =
                lower.contains("ratelimit-") || lower.contains("retry") ? headers(text) : Map.of();
        HeaderLookup lookup = HeaderLookup.of(headers);
        List<LimitState> states = headers.isEmpty() ? List.of() : RateLimitHeaders.read(lookup);
        int status = status(text, marked);
        Matcher exception = EXCEPTION.matcher(text);
        boolean thrown = (lower.contains("error") || lower.contains("exception")) && exception.find();
        if (thrown && status == 0) {
            status = text.startsWith("RateLimit", exception.start(1)) ? 429 : 500;
        }
        Optional<String> model = model(text);
        List<Finding> findings = new ArrayList<>();
        List<String> others = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        boolean list = text.stripLeading().startsWith("[{");
        for (ErrorBody error : ErrorObjects.in(text)) {
            boolean shape = !error.message().isEmpty() && !(error.type() + error.code()).isEmpty();
            if (!list && !seen.add(error.message() + "\n" + error.code())) {
                continue;
            }
            boolean told = knows(error) || isBadKey(error);
            if (!told && !marked && !(shape && status == 429)) {
                continue;
            }
            Verdict verdict = VerdictReader.read(assumed(status, error), lookup, error);
            Optional<Finding> finding = finding(verdict, error, states, lookup, model, status, trace);
            finding.ifPresent(findings::add);
            if (finding.isEmpty() && (status != 0 && status != 200 && marked || isBadKey(error))) {
                others.add(verdict.explanation());
            }
        }
        if (findings.isEmpty()) {
            Optional<ErrorBody> sentence = sentence(text, marked || thrown);
            if (sentence.isPresent()) {
                ErrorBody error = sentence.get();
                Verdict verdict = VerdictReader.read(assumed(status, error), lookup, error);
                finding(verdict, error, states, lookup, model, status, trace).ifPresent(findings::add);
            }
        }
        boolean refused = status == 429 || status >= 500;
        boolean bare = findings.isEmpty()
                && others.isEmpty()
                && refused
                && (marked
                        || text.startsWith("HTTP/") && status == 429
                        || status == 429
                                && STATUS_LINE.matcher(text).find()
                                && !OTHER_CALL.matcher(text).find());
        if (status == 401 && marked && findings.isEmpty() && others.isEmpty()) {
            others.add(VerdictReader.read(status, lookup, new ErrorBody("", "", "", ""))
                    .explanation());
        }
        if (bare) {
            Verdict verdict = VerdictReader.read(status, lookup, new ErrorBody("", "", "", ""));
            finding(verdict, new ErrorBody("", "", "", ""), states, lookup, model, status, trace)
                    .ifPresent(findings::add);
        } else if (headersAlone
                && findings.isEmpty()
                && status == 0
                && (headers.containsKey("retry-after")
                        || headers.containsKey("retry-after-ms")
                        || exhausted(states).isPresent())) {
            Verdict verdict = VerdictReader.read(429, lookup, new ErrorBody("", "", "", ""));
            finding(verdict, new ErrorBody("", "", "", ""), states, lookup, model, 0, trace)
                    .ifPresent(findings::add);
        }
        if (trace && findings.size() > 1) {
            // One exception is told several times by the exceptions around it.
            findings = new ArrayList<>(List.of(findings.stream()
                    .max(java.util.Comparator.comparingInt(one -> one.reason().length()))
                    .orElseThrow()));
        }
        return new Reading(findings, states, others);
    }

    /** Whether a text is about an LLM API at all. */
    private static boolean marked(String lower) {
        for (String mark : MARKS) {
            if (lower.contains(mark)) {
                return true;
            }
        }
        return MODEL_NAME.matcher(lower).find();
    }

    /**
     * The status in a line about a call; 0 if there is none. What a logger puts behind its words as an object may be the
     * request, with numbers of any kind: only a field of that name counts there.
     */
    static int statusOfCall(String text) {
        int brace = text.indexOf('{');
        String words = brace > 0 && !text.substring(0, brace).isBlank() ? text.substring(0, brace) : text;
        int told = statusAfterProtocol(words);
        int status = told != 0 ? told : status(words, true);
        if (status == 0 && words.length() < text.length()) {
            Matcher field = STATUS_FIELD.matcher(text).region(brace, text.length());
            return field.find() ? Integer.parseInt(field.group(1)) : 0;
        }
        return status;
    }

    /** What stands after the protocol in the logs of servers and clients; 0 if there is none. Most lines are told by it. */
    private static int statusAfterProtocol(String text) {
        int at = text.indexOf("HTTP/");
        while (at >= 0) {
            int i = at + 5;
            while (i < text.length() && (Character.isDigit(text.charAt(i)) || text.charAt(i) == '.') && i < at + 8) {
                i++;
            }
            while (i < text.length() && i < at + 14 && "\"'\\ ".indexOf(text.charAt(i)) >= 0) {
                i++;
            }
            if (i > at + 6 && i + 3 <= text.length()) {
                int status = 0;
                for (int digit = i; digit < i + 3; digit++) {
                    status = Character.isDigit(text.charAt(digit)) && status >= 0
                            ? status * 10 + text.charAt(digit) - '0'
                            : -1;
                }
                if (status >= 200 && status < 600) {
                    return status;
                }
            }
            at = text.indexOf("HTTP/", at + 5);
        }
        return 0;
    }

    /** The status of a call of an LLM API in one line; 0 if there is none. */
    private static int status(String text, boolean marked) {
        Matcher matcher = STATUS.matcher(text);
        int first = 0;
        for (int i = 0; i < 20 && matcher.find(); i++) {
            int status = Integer.parseInt(matcher.group(1));
            if (status == 429 || status >= 500) {
                return status;
            }
            first = first == 0 ? status : first;
        }
        boolean said = marked && text.toLowerCase(Locale.ROOT).contains("429 too many requests");
        return said ? 429 : first;
    }

    /** Where no status is told, a text that names a limit stands for the status that it comes with. */
    private static int assumed(int status, ErrorBody error) {
        if (status != 0) {
            return status;
        }
        if (isBadKey(error)) {
            return 401;
        }
        return RefusalText.of(error.message()).exceeded().dimension().isPresent() ? 429 : 200;
    }

    private static Map<String, String> headers(String text) {
        Map<String, String> headers = new LinkedHashMap<>();
        if (!text.contains("-")) {
            return headers;
        }
        Matcher dates = DATE.matcher(text);
        for (int i = 0; i < 4 && dates.find(); i++) {
            headers.putIfAbsent(dates.group(1).toLowerCase(Locale.ROOT), dates.group(2));
        }
        Matcher matcher = HEADER.matcher(text);
        for (int i = 0; i < 40 && matcher.find(); i++) {
            headers.putIfAbsent(matcher.group(1).toLowerCase(Locale.ROOT), matcher.group(2));
        }
        return headers;
    }

    /** The family of the model that a text names, requests taken out. */
    static Optional<String> model(String text) {
        if (!text.toLowerCase(Locale.ROOT).contains("model")) {
            return Optional.empty();
        }
        Matcher matcher = MODEL.matcher(text);
        return matcher.find() ? printable(matcher.group(1)) : Optional.empty();
    }

    private static Optional<String> printable(String model) {
        String family = ModelFamily.of(model);
        boolean shown =
                KNOWN_MODEL.matcher(family).matches() && Redaction.of(family).equals(family);
        return shown && !family.equalsIgnoreCase("none") && !family.equals("null")
                ? Optional.of(family)
                : Optional.empty();
    }

    /** Whether an error says by itself that it is one of an LLM API. */
    private static boolean knows(ErrorBody error) {
        boolean code = NAMED_CODE.matcher("code: " + error.code()).find()
                || NAMED_CODE.matcher("code: " + error.type()).find()
                || error.type().equals("insufficient_quota")
                || error.code().startsWith("queue_");
        // Of other APIs, too, a rate limit may be exceeded: their errors do not have the rest of the shape.
        return (code && !error.message().isEmpty())
                || SENTENCE.matcher(error.message()).lookingAt();
    }

    /** Anthropic's type is told by another word. */
    private static boolean isBadKey(ErrorBody error) {
        return error.code().equals("invalid_api_key")
                || error.type().equals("authentication_error")
                || BAD_KEY.matcher(error.message()).find();
    }

    /** The limit on tokens that wait in batches, however a client or the API writes it. */
    private static boolean isQueue(ErrorBody error) {
        return error.code().equals("token_limit_exceeded")
                || error.message().toLowerCase(Locale.ROOT).contains("enqueued token");
    }

    private static OptionalLong limitOf(String message) {
        Matcher matcher = LIMIT_OF.matcher(message);
        return matcher.find()
                ? OptionalLong.of(Long.parseLong(matcher.group(1).replace(",", "")))
                : OptionalLong.empty();
    }

    private static Optional<ErrorBody> sentence(String text, boolean marked) {
        Matcher sentence = SENTENCE.matcher(text);
        String message = "";
        for (int i = 0; i < 20 && message.isEmpty() && sentence.find(); i++) {
            String found = sentence.group().replace("\\n", " ");
            boolean general = found.regionMatches(true, 0, "rate limit", 0, 10)
                    || found.regionMatches(true, 0, "request too large", 0, 17)
                    || found.regionMatches(true, 0, "too many concurrent", 0, 19)
                    || found.regionMatches(true, 0, "number of", 0, 9)
                    || found.regionMatches(true, 0, "this request would", 0, 18);
            // The words alone may be about anything; a limit in units of an LLM API may not.
            if (!general
                    || marked
                    || RefusalText.of(found).exceeded().dimension().isPresent()) {
                message = found;
            }
        }
        Matcher code = NAMED_CODE.matcher(text);
        String named =
                code.find() && (marked || !message.isEmpty()) ? code.group(1).toLowerCase(Locale.ROOT) : "";
        return message.isEmpty() && named.isEmpty()
                ? Optional.empty()
                : Optional.of(new ErrorBody(message, "", named, ""));
    }

    private static Optional<Finding> finding(
            Verdict verdict,
            ErrorBody error,
            List<LimitState> states,
            HeaderLookup headers,
            Optional<String> modelNear,
            int status,
            boolean trace) {
        LimitExceeded said = RefusalText.of(error.message()).exceeded();
        Kind kind = kind(verdict, error, said, states, status);
        if (kind == null) {
            return Optional.empty();
        }
        Optional<LimitState> shown =
                said.dimension().isEmpty() && kind.refills() ? exhausted(states) : Optional.empty();
        Optional<Dimension> dimension = said.dimension().or(() -> shown.map(LimitState::dimension));
        OptionalLong named = said.limit().isPresent() ? said.limit() : limitOf(error.message());
        OptionalLong limit = named.isPresent()
                ? named
                : shown.map(state -> OptionalLong.of(state.limit().amount())).orElse(OptionalLong.empty());
        boolean never = verdict instanceof Verdict.Rejected
                || verdict instanceof Verdict.AccountStopped
                || kind == Kind.REQUEST_TOO_LARGE;
        Optional<Duration> wait = never ? Optional.empty() : wait(verdict, said).or(() -> RetryAfter.read(headers));
        boolean explained = !error.message().isEmpty() || !error.code().isEmpty();
        return Optional.of(new Finding(
                kind,
                scope(kind, error, dimension),
                said.model().flatMap(BlockReader::printable).or(() -> modelNear),
                dimension,
                limit,
                said.used(),
                said.requested(),
                !never,
                wait,
                evidence(error, status, headers, shown),
                explained ? error.message() + error.code() : form(headers),
                trace,
                explained));
    }

    /** Which of several lines about one answer it is: clients and the libraries below them each write one. */
    private static String form(HeaderLookup headers) {
        boolean shows = headers.first("x-ratelimit-limit-requests") != null || headers.first("retry-after") != null;
        return shows ? "headers" : "status";
    }

    private static Optional<Duration> wait(Verdict verdict, LimitExceeded said) {
        return switch (verdict) {
            case Verdict.Throttled throttled -> throttled.exceeded().tryAgainIn();
            case Verdict.SlowDown slow -> slow.retryAfter();
            case Verdict.Transient fault -> fault.retryAfter();
            case Verdict.Accepted accepted -> said.tryAgainIn();
            case Verdict.Rejected rejected -> Optional.empty();
            case Verdict.AccountStopped stopped -> Optional.empty();
        };
    }

    /** Null if the verdict is about no limit and no lack of capacity. */
    private static @org.jspecify.annotations.Nullable Kind kind(
            Verdict verdict, ErrorBody error, LimitExceeded said, List<LimitState> states, int status) {
        if (isQueue(error)) {
            return Kind.OTHER;
        }
        return switch (verdict) {
            case Verdict.Accepted accepted -> null;
            case Verdict.SlowDown slow -> Kind.RAMP;
            case Verdict.Transient fault ->
                switch (fault.fault()) {
                    case OVERLOADED -> Kind.OVERLOADED;
                    case SERVER_ERROR ->
                        error.code().startsWith("queue_")
                                ? Kind.OTHER
                                : error.type().equals("rate_limit_error")
                                        ? unexplained(error, states)
                                        : error.type().equals("overloaded_error")
                                                ? Kind.OVERLOADED
                                                : serverError(error, status);
                    case CONNECT_FAILED, CONNECTION_LOST, TIMEOUT, BROKEN_ANSWER, CONFLICT -> null;
                };
            case Verdict.AccountStopped stopped ->
                switch (stopped.reason()) {
                    case NO_CREDIT -> Kind.INSUFFICIENT_CREDIT;
                    case SPEND_LIMIT -> Kind.SPEND_LIMIT;
                    case BAD_KEY, NO_PERMISSION -> null;
                };
            case Verdict.Rejected rejected ->
                switch (rejected.reason()) {
                    case LARGER_THAN_LIMIT ->
                        said.limit().equals(OptionalLong.of(0))
                                        && said.dimension().isPresent()
                                ? ofDimension(said.dimension().get())
                                : Kind.REQUEST_TOO_LARGE;
                    case NOT_ALLOWED -> status == 429 ? Kind.OTHER : null;
                    case BAD_REQUEST, NOT_FOUND -> null;
                };
            case Verdict.Throttled throttled ->
                said.dimension().map(BlockReader::ofDimension).orElseGet(() -> unexplained(error, states));
        };
    }

    /** Without a status, only the words of the provider tell that it was the provider who failed. */
    private static @org.jspecify.annotations.Nullable Kind serverError(ErrorBody error, int status) {
        return status >= 500
                        || error.type().equals("server_error")
                        || SENTENCE.matcher(error.message()).lookingAt()
                ? Kind.SERVER_ERROR
                : null;
    }

    private static Kind ofDimension(Dimension dimension) {
        boolean long_ = dimension.window().compareTo(Duration.ofHours(1)) >= 0;
        return switch (dimension.unit()) {
            case REQUESTS -> long_ ? Kind.REQUESTS_PER_DAY : Kind.REQUESTS_PER_MINUTE;
            case TOKENS -> long_ ? Kind.TOKENS_PER_DAY : Kind.TOKENS_PER_MINUTE;
            case IMAGES -> Kind.IMAGES_PER_MINUTE;
        };
    }

    /** A refusal whose text names no limit in the known grammars: other words tell, else the headers. */
    private static Kind unexplained(ErrorBody error, List<LimitState> states) {
        String text = error.message();
        if (TOO_MANY_AT_ONCE.matcher(text).find()) {
            return Kind.CONCURRENCY;
        }
        String lower = text.toLowerCase(Locale.ROOT);
        boolean tokens = lower.contains("token");
        boolean requests = lower.contains("number of requests") || lower.contains("requests per");
        if (PER_DAY.matcher(text).find() && (tokens || requests)) {
            return tokens ? Kind.TOKENS_PER_DAY : Kind.REQUESTS_PER_DAY;
        }
        if (PER_MINUTE.matcher(text).find() && (tokens || requests)) {
            return tokens ? Kind.TOKENS_PER_MINUTE : Kind.REQUESTS_PER_MINUTE;
        }
        // A type of "requests" or "tokens" does not tell the window.
        return exhausted(states).map(state -> ofDimension(state.dimension())).orElse(Kind.OTHER);
    }

    /** The limit of which nothing is left, where the headers show just one such. */
    private static Optional<LimitState> exhausted(List<LimitState> states) {
        List<LimitState> empty =
                states.stream().filter(state -> state.remaining() <= 0).toList();
        return empty.size() == 1 ? Optional.of(empty.getFirst()) : Optional.empty();
    }

    private static String scope(Kind kind, ErrorBody error, Optional<Dimension> dimension) {
        return switch (kind) {
            case OVERLOADED, SERVER_ERROR -> "provider";
            case INSUFFICIENT_CREDIT -> "organization";
            case SPEND_LIMIT -> error.code().startsWith("project") ? "project" : "organization";
            case REQUESTS_PER_MINUTE,
                    REQUESTS_PER_DAY,
                    TOKENS_PER_MINUTE,
                    TOKENS_PER_DAY,
                    IMAGES_PER_MINUTE,
                    CONCURRENCY,
                    RAMP,
                    REQUEST_TOO_LARGE,
                    OTHER ->
                dimension
                        .map(known -> known.scope() == Scope.PROJECT ? "project" : "organization")
                        .orElse("unknown");
        };
    }

    /** Only what is known to hold no prompt: the fixed words of providers, their codes, the status, headers of limits. */
    private static String evidence(ErrorBody error, int status, HeaderLookup headers, Optional<LimitState> shown) {
        List<String> parts = new ArrayList<>();
        if (status >= 400) {
            parts.add("status " + status);
        }
        String quotation = Quotation.of(error.message());
        if (!quotation.isEmpty()) {
            parts.add("\"" + quotation + "\"");
        }
        if (Quotation.isCode(error.code())) {
            parts.add("code " + error.code());
        } else if (Quotation.isCode(error.type())) {
            parts.add("type " + error.type());
        }
        shown.ifPresent(state -> parts.add("headers: " + state.remaining() + " of "
                + state.limit().amount() + " " + state.dimension().label() + " left"));
        for (String name : List.of("retry-after-ms", "retry-after")) {
            String value = headers.first(name);
            if (value != null && Quotation.isWait(value)) {
                parts.add(name + ": " + value);
                break;
            }
        }
        boolean said = !error.message().isEmpty() || !error.code().isEmpty();
        return parts.isEmpty() ? said ? "the words of a refusal" : "headers of limits" : String.join(", ", parts);
    }
}
