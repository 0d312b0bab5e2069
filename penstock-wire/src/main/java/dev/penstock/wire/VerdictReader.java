package dev.penstock.wire;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.LimitExceeded;
import dev.penstock.limit.Scope;
import dev.penstock.verdict.Verdict;
import dev.penstock.verdict.Verdict.AccountStopped;
import dev.penstock.verdict.Verdict.Fault;
import dev.penstock.verdict.Verdict.Rejected;
import dev.penstock.verdict.Verdict.RejectedBecause;
import dev.penstock.verdict.Verdict.SlowDown;
import dev.penstock.verdict.Verdict.StoppedBecause;
import dev.penstock.verdict.Verdict.Throttled;
import dev.penstock.verdict.Verdict.Transient;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * Turns an answer of an OpenAI-style API into what it means. Stateless and thread-safe; never throws for what a server
 * sends.
 *
 * <ul>
 *   <li>The error's {@code code} decides, then its text, then the status: a 429 may mean "no credit", a 400 may mean
 *       "spend limit reached", and one code stands both for "wait" and for "too large".
 *   <li>The wait is the most exact that the answer gives: the text's, which is cut to the millisecond, else
 *       {@code retry-after-ms}, else {@code Retry-After}, which is rounded up to whole seconds.
 *   <li>{@code x-should-retry: false} turns a fault, and a 429 that explains nothing, into a rejection; a refusal that
 *       says when to come back stays a wait, since the wait is what the provider computed. {@code true} turns a bad request
 *       into a fault to repeat; it never revives a stopped account or a request that is too large.
 *   <li>Explanations never repeat the provider's text, which may hold prompts, keys and account ids.
 * </ul>
 *
 * Sources: <a href="https://developers.openai.com/api/docs/guides/error-codes">the provider's error codes</a> and the
 * texts that users report.
 */
public final class VerdictReader {
    private static final Pattern HARMLESS_NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_./\\[\\]-]{0,63}");

    private VerdictReader() {}

    /**
     * What an answer means. A status of 200 to 299 is {@link Verdict.Accepted} whatever its body: whether that is complete
     * is for {@link AnswerBody} to say.
     *
     * @param status HTTP status
     * @param body the whole body, of any form and length; may be empty
     */
    public static Verdict read(int status, HeaderLookup headers, byte[] body) {
        if (status >= 200 && status < 300) {
            return new Verdict.Accepted();
        }
        return read(status, headers, ErrorBody.of(body));
    }

    /**
     * What one event of a stream with status 200 means if it reports an error: {@code response.failed}, an {@code error}
     * event, or an object with {@code error}.
     *
     * @param data the event's data: one JSON object
     * @return empty if the event is part of an answer
     */
    public static Optional<Verdict> readStreamEvent(HeaderLookup headers, byte[] data) {
        return ErrorBody.ofStreamEvent(data).map(error -> read(200, headers, error));
    }

    /**
     * What a refusal means whose fields somebody has read already.
     *
     * @param status HTTP status; 200 where it is not known, as in the events of a stream
     */
    public static Verdict read(int status, HeaderLookup headers, ErrorBody error) {
        Optional<Duration> retryAfter = RetryAfter.read(headers);
        Verdict verdict = byCode(error, retryAfter)
                .or(() -> byText(status, error, retryAfter))
                .orElseGet(() -> byStatus(status, error, retryAfter));
        String shouldRetry = headers.first("x-should-retry");
        if (shouldRetry == null) {
            return verdict;
        }
        return switch (shouldRetry.strip().toLowerCase(Locale.ROOT)) {
            case "false" -> withoutRetry(status, verdict);
            case "true" -> withRetry(status, verdict, retryAfter);
            default -> verdict;
        };
    }

    private static Verdict withoutRetry(int status, Verdict verdict) {
        boolean unexplained = verdict instanceof Throttled throttled
                && throttled.exceeded().dimension().isEmpty()
                && throttled.exceeded().tryAgainIn().isEmpty();
        return unexplained || verdict instanceof Transient ? notAgain(status) : verdict;
    }

    private static Verdict notAgain(int status) {
        return new Rejected(
                RejectedBecause.NOT_ALLOWED,
                "The provider answered with status " + status
                        + " and asks not to send this request again; look at its status page before repeating it.");
    }

    private static Verdict withRetry(int status, Verdict verdict, Optional<Duration> retryAfter) {
        return verdict instanceof Rejected rejected && rejected.reason() == RejectedBecause.BAD_REQUEST
                ? new Transient(
                        Fault.CONFLICT,
                        retryAfter,
                        "The provider answered with status " + status + " and asks to send the request again.")
                : verdict;
    }

    private static Optional<Verdict> byCode(ErrorBody error, Optional<Duration> retryAfter) {
        Verdict verdict = switch (error.code()) {
            case "insufficient_quota", "credit_balance_exhausted", "billing_not_active" -> noCredit();
            case "organization_spend_limit_exceeded" -> spendLimit("organization's monthly spend limit");
            case "project_spend_limit_exceeded" -> spendLimit("project's monthly spend limit");
            case "organization_usage_limit_exceeded" -> spendLimit("organization's usage limit");
            case "billing_hard_limit_reached", "enforced_spend_limit_reached" -> spendLimit("account's spend limit");
            case "account_deactivated", "unsupported_country_region_territory", "ip_not_authorized" -> noPermission();
            case "invalid_api_key" -> badKey();
            case "slow_down" -> slowDown(retryAfter);
            case "server_is_overloaded" -> overloaded(retryAfter);
            case "model_not_found" ->
                new Rejected(
                        RejectedBecause.NOT_FOUND,
                        "The model does not exist or this key may not use it; check the model's name and the project's"
                                + " access to it.");
            case "context_length_exceeded" ->
                new Rejected(
                        RejectedBecause.BAD_REQUEST,
                        "Prompt and output together are longer than the model's context; shorten the prompt or lower the"
                                + " maximum output.");
            case "content_policy_violation", "content_filter", "invalid_prompt" ->
                new Rejected(
                        RejectedBecause.NOT_ALLOWED,
                        "The provider's content policy refused the request; change its content.");
            // The type stays insufficient_quota for billing codes that are newer than this list.
            default -> error.type().equals("insufficient_quota") ? noCredit() : null;
        };
        return Optional.ofNullable(verdict);
    }

    private static Optional<Verdict> byText(int status, ErrorBody error, Optional<Duration> retryAfter) {
        String text = error.message().toLowerCase(Locale.ROOT);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        boolean refusal = status == 429 || status >= 500 || status == 200;
        if (text.contains("exceeded your current quota") || text.contains("no credits remaining")) {
            return Optional.of(noCredit());
        }
        if (text.contains("billing hard limit")) {
            return Optional.of(spendLimit("account's spend limit"));
        }
        if (refusal && text.contains("increased too quickly")) {
            return Optional.of(slowDown(retryAfter));
        }
        if (refusal && text.startsWith("flex does not have sufficient resources")) {
            return Optional.of(new Transient(
                    Fault.OVERLOADED,
                    retryAfter,
                    "The flex service tier has no room right now; try later, or use service_tier=default."));
        }
        if (refusal && (text.contains("overloaded") || text.contains("is at capacity"))) {
            return Optional.of(overloaded(retryAfter));
        }
        boolean aboutLimits = status == 429
                || error.code().equals("rate_limit_exceeded")
                || text.startsWith("rate limit reached")
                || text.startsWith("request too large");
        return aboutLimits ? byRefusalText(error.message(), retryAfter) : Optional.empty();
    }

    private static Optional<Verdict> byRefusalText(String message, Optional<Duration> retryAfter) {
        RefusalText text = RefusalText.of(message);
        LimitExceeded said = text.exceeded();
        if (text.canNeverFit()) {
            return Optional.of(new Rejected(RejectedBecause.LARGER_THAN_LIMIT, neverFits(said)));
        }
        if (!text.explains()) {
            return Optional.empty();
        }
        LimitExceeded exceeded = new LimitExceeded(
                said.dimension(),
                said.model(),
                said.limit(),
                said.used(),
                said.requested(),
                said.tryAgainIn().or(() -> retryAfter));
        return Optional.of(new Throttled(exceeded, usedUp(exceeded)));
    }

    private static Verdict byStatus(int status, ErrorBody error, Optional<Duration> retryAfter) {
        String text = error.message().toLowerCase(Locale.ROOT);
        return switch (status) {
            case 401 -> aboutPermissions(text) ? noPermission() : badKey();
            case 402 -> noCredit();
            case 403 ->
                aboutPermissions(text)
                        ? noPermission()
                        : new Rejected(
                                RejectedBecause.NOT_ALLOWED,
                                "The provider forbids this request (status 403); check what it asks for and what the key may"
                                        + " do.");
            case 404 ->
                new Rejected(
                        RejectedBecause.NOT_FOUND,
                        "The address or the model does not exist (status 404); check the base URL and the model's name.");
            case 408, 409, 425 ->
                new Transient(
                        Fault.CONFLICT,
                        retryAfter,
                        "The provider asks to send the request again (status " + status + ").");
            case 413 ->
                new Rejected(
                        RejectedBecause.LARGER_THAN_LIMIT,
                        "The request is larger than the provider takes (status 413); shorten it or lower its maximum"
                                + " output.");
            case 429 -> unexplained(retryAfter);
            case 503, 529 -> overloaded(retryAfter);
            default -> {
                if (status >= 500) {
                    yield serverError("status " + status, retryAfter);
                }
                if (status >= 300 && status < 400) {
                    yield new Rejected(
                            RejectedBecause.NOT_FOUND,
                            "The address redirects elsewhere (status " + status + "); give the final base URL.");
                }
                // The error of a stream has no status of its own.
                if (status == 200 && error.code().equals("rate_limit_exceeded")) {
                    yield unexplained(retryAfter);
                }
                if (status == 200 && !error.type().equals("invalid_request_error")) {
                    yield serverError("an error inside the stream", retryAfter);
                }
                yield badRequest(status, error);
            }
        };
    }

    private static boolean aboutPermissions(String text) {
        return text.contains("insufficient permissions")
                || text.contains("missing scopes")
                || text.contains("country, region, or territory")
                || text.contains("ip not authorized")
                || text.contains("account has been deactivated");
    }

    private static Verdict badRequest(int status, ErrorBody error) {
        StringBuilder out = new StringBuilder("The provider cannot read or serve this request (status ").append(status);
        if (HARMLESS_NAME.matcher(error.code()).matches()) {
            out.append(", code ").append(error.code());
        }
        out.append(')');
        if (HARMLESS_NAME.matcher(error.param()).matches()) {
            out.append("; correct its parameter ").append(error.param()).append('.');
        } else {
            out.append("; correct the request before sending it again.");
        }
        return new Rejected(RejectedBecause.BAD_REQUEST, out.toString());
    }

    private static Verdict noCredit() {
        return new AccountStopped(
                StoppedBecause.NO_CREDIT,
                "The account has no credit left; add credit in the provider's billing settings, then run again.");
    }

    private static Verdict spendLimit(String which) {
        return new AccountStopped(
                StoppedBecause.SPEND_LIMIT,
                "The " + which + " is reached; raise it in the provider's settings, then run again.");
    }

    private static Verdict badKey() {
        return new AccountStopped(
                StoppedBecause.BAD_KEY,
                "The provider does not accept the API key; check that it is complete, current and for this provider.");
    }

    private static Verdict noPermission() {
        return new AccountStopped(
                StoppedBecause.NO_PERMISSION,
                "The key or the account may not do this; check its permissions, its state and where it may be used from.");
    }

    private static Verdict slowDown(Optional<Duration> retryAfter) {
        return new SlowDown(
                retryAfter,
                "The load rose too quickly for the provider, although the limits have room; return to the earlier rate and"
                        + " raise it slowly.");
    }

    private static Verdict overloaded(Optional<Duration> retryAfter) {
        return new Transient(
                Fault.OVERLOADED,
                retryAfter,
                "The provider has no capacity right now; fewer calls at once, and later.");
    }

    private static Verdict serverError(String what, Optional<Duration> retryAfter) {
        return new Transient(
                Fault.SERVER_ERROR,
                retryAfter,
                "Something broke at the provider (" + what + "); the same request may succeed later.");
    }

    private static Verdict unexplained(Optional<Duration> retryAfter) {
        String when = retryAfter
                .map(wait -> "; it may come back in " + GoDuration.format(wait) + ".")
                .orElse(" and does not say which; slow down and try again.");
        return new Throttled(LimitExceeded.unexplained(retryAfter), "A limit of the account is used up" + when);
    }

    private static String usedUp(LimitExceeded exceeded) {
        StringBuilder out = new StringBuilder("The ")
                .append(exceeded.dimension().map(Dimension::label).orElse("quota"));
        exceeded.model().ifPresent(model -> out.append(" of ").append(printable(model)));
        out.append(" are used up");
        figures(out, exceeded);
        exceeded.tryAgainIn()
                .ifPresentOrElse(
                        wait -> out.append("; this request fits in ").append(GoDuration.format(wait)),
                        () -> out.append("; wait before trying again"));
        return out.append('.').toString();
    }

    private static String neverFits(LimitExceeded exceeded) {
        String limit = exceeded.dimension().map(Dimension::label).orElse("limit");
        StringBuilder out = new StringBuilder();
        if (exceeded.limit().equals(OptionalLong.of(0))) {
            out.append("The account is granted no ").append(limit);
            exceeded.model().ifPresent(model -> out.append(" for ").append(printable(model)));
            return out.append(" at all, so waiting does not help; raise the tier or use another model.")
                    .toString();
        }
        out.append("The request is larger than the ").append(limit);
        exceeded.model().ifPresent(model -> out.append(" of ").append(printable(model)));
        figures(out, exceeded);
        boolean project = exceeded.dimension()
                .map(dimension -> dimension.scope() == Scope.PROJECT)
                .orElse(false);
        return out.append(", so waiting does not help; shorten the prompt, lower the maximum output, or raise the ")
                .append(project ? "project's limit." : "tier.")
                .toString();
    }

    private static void figures(StringBuilder out, LimitExceeded exceeded) {
        String separator = " (";
        separator = figure(out, separator, "limit", exceeded.limit());
        separator = figure(out, separator, "used", exceeded.used());
        separator = figure(out, separator, "requested", exceeded.requested());
        if (separator.equals(", ")) {
            out.append(')');
        }
    }

    private static String figure(StringBuilder out, String separator, String name, OptionalLong value) {
        if (value.isEmpty()) {
            return separator;
        }
        out.append(separator).append(name).append(' ').append(String.format(Locale.ROOT, "%,d", value.getAsLong()));
        return ", ";
    }

    /** A model's name as far as it cannot be mistaken for anything else; fine-tuned names hold the account's name. */
    private static String printable(String model) {
        String family = ModelFamily.of(model);
        return HARMLESS_NAME.matcher(family).matches() ? family : "this model";
    }
}
