package dev.penstock.diagnosis;

import dev.penstock.limit.Unit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What to do about a group of refusals.
 *
 * @param meaning what was hit, in a sentence, and whether it is about calls at a time or about a rate
 * @param fix a command to type, or a setting to change
 */
public record Advice(String meaning, String fix) {
    private static final String GATEWAY = "./penstock gateway";
    private static final String BASE_URL = "export OPENAI_BASE_URL=http://127.0.0.1:8429/v1";

    /** Of one group. */
    public static Advice on(Group group) {
        String model = group.model().orElse("MODEL");
        return switch (group.kind()) {
            case REQUESTS_PER_MINUTE ->
                new Advice(
                        "Too many requests in a minute: a rate, not calls at a time. It refills continuously; a semaphore"
                                + " alone does not keep it, pacing does.",
                        gateway(group, "--rpm"));
            case TOKENS_PER_MINUTE ->
                new Advice(
                        "Too many tokens in a minute: a rate, not calls at a time. Prompt and maximum output count when a"
                                + " request is admitted, whatever is generated; a lower max_tokens makes room.",
                        gateway(group, "--tpm"));
            case REQUESTS_PER_DAY ->
                new Advice(
                        "The requests of a day are used up. They flow back one by one over 24 hours, not at midnight, so"
                                + " short retries do not help.",
                        "./penstock run INPUT -o OUTPUT --via batch   (batches have a limit of their own)");
            case TOKENS_PER_DAY ->
                new Advice(
                        "The tokens of a long window, a day or more, are used up. Short retries do not help.",
                        "./penstock run INPUT -o OUTPUT --via batch   (batches have a limit of their own)");
            case IMAGES_PER_MINUTE ->
                group.retryable()
                        ? new Advice(
                                "Too many images in a minute: a rate, not calls at a time.",
                                GATEWAY + "   then " + BASE_URL)
                        : new Advice(
                                "The account is granted no images at all, so waiting does not help.",
                                "./penstock tiers   (raise the tier, or use another model)");
            case CONCURRENCY ->
                new Advice(
                        "Too many calls at the same time: not a rate. It is over as soon as a call ends; a semaphore or a"
                                + " pool is the fix.",
                        GATEWAY + " --concurrency 10   then " + BASE_URL);
            case RAMP ->
                new Advice(
                        "The load rose too quickly, although the limits have room. Go back to the earlier rate, hold it for"
                                + " 15 minutes, then raise it by no more than half every 15 minutes.",
                        GATEWAY + "   then " + BASE_URL);
            case REQUEST_TOO_LARGE ->
                new Advice(
                        "A single request is larger than the limit"
                                + group.limit().stream()
                                        .mapToObj(limit -> " of " + count(limit))
                                        .findFirst()
                                        .orElse("")
                                + ", so no wait and no retry helps.",
                        "lower max_tokens or shorten the prompt"
                                + group.limit().stream()
                                        .mapToObj(limit ->
                                                " so that both together stay below " + count(limit) + " tokens")
                                        .findFirst()
                                        .orElse("")
                                + "; ./penstock tiers " + model + " shows which tier takes it");
            case INSUFFICIENT_CREDIT ->
                new Advice(
                        "The account has no credit left. This is no rate limit, although the status is the same; no retry"
                                + " helps.",
                        "add credit in the provider's billing settings; stop retrying insufficient_quota");
            case SPEND_LIMIT ->
                new Advice(
                        "A spend limit of the account or project is reached. This is no rate limit; no retry helps.",
                        "raise the spend limit in the provider's settings; ./penstock run --budget AMOUNT keeps below it");
            case OVERLOADED ->
                new Advice(
                        "The provider has no capacity right now; your limits have nothing to do with it. Fewer calls and"
                                + " growing waits help.",
                        "./penstock run INPUT -o OUTPUT --concurrency 10   (or another model)");
            case SERVER_ERROR ->
                new Advice(
                        "Something broke at the provider. The same request may succeed later; retry with growing waits and"
                                + " jitter, a few times.",
                        "./penstock run INPUT -o OUTPUT --max-attempts 6");
            case OTHER ->
                isQueue(group)
                        ? new Advice(
                                "As many prompt tokens wait in batches as may. The batch was created and failed later, and"
                                        + " nothing of it was done. Tokens come free when a batch ends.",
                                "./penstock run INPUT -o OUTPUT --via batch"
                                        + group.limit().stream()
                                                .mapToObj(limit -> " --queue-limit " + limit)
                                                .findFirst()
                                                .orElse("")
                                        + "   (queues batches by this limit)")
                        : new Advice(
                                "The refusal does not say which limit. Its body or its x-ratelimit headers would; log them.",
                                GATEWAY + "   (finds limits out, shows them at http://127.0.0.1:8430/)");
        };
    }

    private static boolean isQueue(Group group) {
        String evidence = group.evidence().toLowerCase(Locale.ROOT);
        return evidence.contains("enqueued") || evidence.contains("token_limit_exceeded");
    }

    private static String gateway(Group group, String option) {
        boolean minute = group.dimension().isPresent()
                && group.dimension().get().window().toSeconds() == 60
                && group.dimension().get().unit() != Unit.IMAGES;
        String cap = minute && group.limit().isPresent() && group.limit().getAsLong() > 0
                ? " " + option + " " + group.limit().getAsLong()
                : "";
        return GATEWAY + cap + "   then " + BASE_URL;
    }

    /** The usual checklist against 429s, answered for what was found; only steps that have an answer. */
    public static List<String> checklist(Diagnosis diagnosis) {
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        diagnosis.groups().forEach(group -> kinds.add(group.kind()));
        List<String> answers = new ArrayList<>();
        if (kinds.isEmpty()) {
            return answers;
        }
        long helped = diagnosis.groups().stream()
                .filter(Group::retryable)
                .mapToLong(Group::count)
                .sum();
        long all = diagnosis.refused();
        answers.add("Retry with backoff and jitter: "
                + (helped == all
                        ? "can help with all of them, if waits are not cut short."
                        : helped == 0
                                ? "helps with none of them; do not retry these."
                                : "helps with " + count(helped) + " of " + count(all)
                                        + "; the others must not be retried."));
        boolean rate = kinds.stream().anyMatch(Kind::refills);
        answers.add("Fewer calls at a time: "
                + (kinds.contains(Kind.CONCURRENCY) || kinds.contains(Kind.OVERLOADED)
                        ? "yes" + (rate ? ", and a steady pace for the rates." : ".")
                        : rate ? "not the cause; a steady pace is what is missing." : "not the cause."));
        if (rate || kinds.contains(Kind.RAMP)) {
            answers.add("Batch API: for whatever need not be answered at once, at half the price:"
                    + " ./penstock run INPUT -o OUTPUT --via batch");
        }
        Optional<String> model = diagnosis.groups().stream()
                .filter(group -> group.kind().refills() || group.kind() == Kind.REQUEST_TOO_LARGE)
                .flatMap(group -> group.model().stream())
                .findFirst();
        if (rate || kinds.contains(Kind.REQUEST_TOO_LARGE)) {
            answers.add("A higher tier: ./penstock tiers"
                    + model.map(name -> " " + name).orElse("") + " shows what each grants and requires.");
        }
        return answers;
    }

    /**
     * What would have happened with the fix.
     *
     * @param replay of the group, if there is one
     */
    public static String outcome(Group group, Optional<Replay> replay) {
        if (replay.isPresent()) {
            Replay run = replay.get();
            return String.format(
                    Locale.ROOT,
                    "With a queue for this limit all %s requests%s would have been sent without a refusal; %s would have"
                            + " waited, %s at most, %s on average.%s",
                    count(run.requests()),
                    run.whole() ? "" : " (the first of the log)",
                    count(run.waited()),
                    seconds(run.longestWait()),
                    seconds(run.meanWait()),
                    run.unnamedLeftOut()
                            ? " Calls that were answered are left out where the log does not name their model."
                            : "");
        }
        if (!group.retryable()) {
            return group.count() == 1
                    ? "Stopped at the first refusal, nothing more would have been sent in vain."
                    : "Stopped at the first refusal, " + count(group.count() - 1)
                            + " calls would not have been sent in vain.";
        }
        if (!group.kind().refills()) {
            return "A log cannot tell what would have happened with the fix.";
        }
        if (group.times().total() < 2) {
            return "What would have happened with the fix cannot be computed: it takes two time stamps, the log has "
                    + (group.times().total() == 0 ? "none" : "one") + ".";
        }
        return "What would have happened with the fix cannot be computed: the log does not tell the limit or what was asked"
                + " for.";
    }

    private static String count(long amount) {
        return String.format(Locale.ROOT, "%,d", amount);
    }

    private static String seconds(java.time.Duration time) {
        return time.toSeconds() >= 120
                ? String.format(Locale.ROOT, "%,d min", Math.round(time.toSeconds() / 60.0))
                : String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1e3);
    }
}
