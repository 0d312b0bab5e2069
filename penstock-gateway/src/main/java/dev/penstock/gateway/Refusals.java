package dev.penstock.gateway;

import dev.penstock.gateway.config.Tenant;
import dev.penstock.queue.QueueBounds;
import dev.penstock.quota.BlockedBy;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** The words of the gateway's own refusals. They never hold a key or a prompt. */
final class Refusals {
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration LEAST_SHOWN = Duration.ofMillis(50);

    private Refusals() {}

    /**
     * @param startsInNanos when it could start; {@link Long#MAX_VALUE} if nobody can tell
     * @param leftNanos until its deadline
     * @param deadlineGiven whether the client set the deadline: then it has told what it wants, and its own retries would
     *     only go past it
     */
    static Refusal deadline(long startsInNanos, long leftNanos, String why, boolean deadlineGiven) {
        boolean known = startsInNanos != Long.MAX_VALUE;
        Duration comeBack = known ? Duration.ofNanos(Math.max(1, startsInNanos - leftNanos)) : SOON;
        String start = known
                ? "It would start in " + seconds(startsInNanos) + " at the earliest"
                : "Nobody can tell when it would start";
        // Who waited to the end is not told of two times that are both 0.0 s.
        String what = leftNanos < LEAST_SHOWN.toNanos()
                ? "Its deadline came before its turn: it waited for "
                : start + ", and its deadline comes in " + seconds(leftNanos) + ": it waits for ";
        return new Refusal(
                Outcome.REFUSED_DEADLINE,
                "queue_deadline_exceeded",
                what + why
                        + ". Come back after the time in Retry-After, allow more time with x-request-deadline-ms, or raise"
                        + " the limit.",
                Optional.of(comeBack),
                !deadlineGiven);
    }

    /** None of the upstreams can be reached: it has nothing to do with quota, and is not told as if it had. */
    static Refusal unreachable(Outage outage, boolean deadlineGiven, long now) {
        long pause = outage.pauseNanos(now);
        String next =
                outage.triesAgainAt().isPresent() ? "It is tried again in " + seconds(pause) : "It is tried again";
        return new Refusal(
                Outcome.FAILED_UPSTREAM,
                "upstream_unreachable",
                "The upstream cannot be reached. " + outage.explanation() + " " + next
                        + (outage.hopeless()
                                ? ", but nothing has answered there since the gateway started."
                                : ", and whoever has more time waits for it: see x-request-deadline-ms."),
                Optional.of(Duration.ofNanos(Math.max(SOON.toNanos(), pause))),
                !outage.hopeless() && !deadlineGiven);
    }

    /**
     * @param tenant whose own limit it is; empty if it is the upstream's
     */
    static Refusal tooLarge(BlockedBy.ByLimit by, Optional<String> tenant) {
        return new Refusal(
                Outcome.REFUSED_TOO_LARGE,
                "request_too_large",
                "The request needs " + count(by.needed()) + " "
                        + by.dimension().unit().plural() + ", and "
                        + tenant.map(name -> limit(by) + " of tenant " + name).orElseGet(by::explanation)
                        + " never holds more, so waiting does not help. Shorten the prompt or lower the maximum output.",
                Optional.empty(),
                false);
    }

    private static String limit(BlockedBy.ByLimit by) {
        return "the limit of " + count(by.limit()) + " " + by.dimension().label();
    }

    static Refusal queueFull(QueueBounds bounds, long startsInNanos) {
        return new Refusal(
                Outcome.REFUSED_QUEUE_FULL,
                "queue_full",
                "The gateway's queue is full (" + count(bounds.count()) + " of " + count(bounds.maxCount())
                        + " requests, " + count(bounds.bytes()) + " of " + count(bounds.maxBytes())
                        + " bytes wait). Send fewer requests at once, or let more of them wait with --max-waiting or"
                        + " queue: in the gateway's configuration.",
                Optional.of(
                        startsInNanos > 0 && startsInNanos != Long.MAX_VALUE ? Duration.ofNanos(startsInNanos) : SOON),
                true);
    }

    static Refusal stopping() {
        return new Refusal(
                Outcome.REFUSED_STOPPING,
                "gateway_stopping",
                "The gateway is being stopped and takes no new work. Try again when it runs again.",
                Optional.of(SOON),
                true);
    }

    static Refusal noUpstream(String family) {
        return new Refusal(
                Outcome.REFUSED_INVALID,
                "model_not_served",
                "No upstream of this gateway serves the model family '" + printable(family)
                        + "'; use another model, or add the family to models: of an upstream.",
                Optional.empty(),
                false);
    }

    static Refusal budget(String left, Optional<Duration> newPeriodIn) {
        return new Refusal(
                Outcome.REFUSED_BUDGET,
                "budget_exceeded",
                "The budget of this key does not cover the request: " + left
                        + ". Wait for the next period, lower the maximum output, or ask for a higher budget.",
                newPeriodIn,
                false);
    }

    static Refusal modelNameTooLong(int length, int most) {
        return new Refusal(
                Outcome.REFUSED_INVALID,
                "invalid_body",
                "The name of the model has " + count(length) + " characters; it must have " + most
                        + " at most. Send the name as the API documents it.",
                Optional.empty(),
                false);
    }

    /** Too much is being read, waits or runs. */
    static Refusal noRoomForBody(HeldBodies bodies) {
        return new Refusal(
                Outcome.REFUSED_QUEUE_FULL,
                "queue_full",
                "The gateway has no room for another body (" + count(bodies.bytes()) + " of " + count(bodies.maxBytes())
                        + " bytes are held by requests that are read, wait or run). Send fewer at once, or raise queue:"
                        + " bytes: in the gateway's configuration.",
                Optional.of(SOON),
                true);
    }

    static Refusal bodyTooLarge(int maxBytes) {
        return new Refusal(
                Outcome.REFUSED_INVALID,
                "request_body_too_large",
                "The body is longer than the " + maxBytes
                        + " bytes that this gateway holds for a call of this kind. Make it smaller, or raise"
                        + " queue: body: in the gateway's configuration.",
                Optional.empty(),
                false);
    }

    static Refusal modelNotAllowed(Tenant tenant) {
        return new Refusal(
                Outcome.REFUSED_INVALID,
                "model_not_allowed",
                "The key of tenant " + tenant.name() + " may not use this model; use one of "
                        + String.join(", ", tenant.models()) + ", or ask for it to be added to models:.",
                Optional.empty(),
                false);
    }

    /** Through files and batches, for example, any model could be used and any sum be spent. */
    static Refusal endpointNotAllowed(Tenant tenant) {
        return new Refusal(
                Outcome.REFUSED_INVALID,
                "endpoint_not_allowed",
                "The key of tenant " + tenant.name()
                        + " is bound to models or a budget, which only calls for chat,"
                        + " responses, completions, embeddings, moderations, images and audio can be held to. Use one of"
                        + " these, or a key without models: and budget:.",
                Optional.empty(),
                false);
    }

    static Refusal unreadable(Tenant tenant) {
        return new Refusal(
                Outcome.REFUSED_INVALID,
                "invalid_body",
                "The body cannot be read, so that the model and the budget of tenant "
                        + tenant.name()
                        + " cannot be checked. Send one JSON object, or a form where the call takes one.",
                Optional.empty(),
                false);
    }

    /** A model's name comes from the client: what else it may be is not repeated. */
    private static String printable(String family) {
        return family.matches("[A-Za-z0-9][A-Za-z0-9_./:-]{0,63}") ? family : "(not shown)";
    }

    private static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String seconds(long nanos) {
        return BigDecimal.valueOf(nanos, 9).setScale(1, RoundingMode.HALF_UP).toPlainString() + " s";
    }
}
