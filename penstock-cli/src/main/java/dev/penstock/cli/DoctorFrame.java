package dev.penstock.cli;

import dev.penstock.jobs.doctor.Examination;
import dev.penstock.jobs.doctor.ModelFinding;
import dev.penstock.verdict.Verdict;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the doctor was asked with, and what follows from what it found.
 *
 * @param urlGiven whether the address is to be repeated in commands
 */
record DoctorFrame(URI url, boolean urlGiven, Optional<String> keyVariable, List<String> models) {
    private static final int OKHTTP_CALLS = 64;
    private static final double USUAL_ANSWER_SECONDS = 2;

    int exitCode(Examination found) {
        return switch (found.refusedBecause()) {
            case OUT_OF_REACH, BAD_KEY, NO_CREDIT, NO_PERMISSION, OTHER -> ExitCode.STOPPED;
            case NONE -> found.models().stream().anyMatch(DoctorFrame::isUnusable) ? ExitCode.ROWS_FAILED : ExitCode.OK;
        };
    }

    static boolean isUnusable(ModelFinding finding) {
        return switch (finding.verdict()) {
            case Verdict.Accepted ignored -> false;
            case Verdict.Throttled ignored -> false;
            case Verdict.SlowDown ignored -> false;
            case Verdict.Transient ignored -> true;
            // A model that thinks before it writes may find 16 tokens too few, and shows its limits all the same.
            case Verdict.Rejected ignored -> finding.shown().isEmpty();
            case Verdict.AccountStopped ignored -> true;
        };
    }

    /** Settings of the official clients that do not go with what was found, each with what to do. */
    List<String> clientAdvice(Examination found) {
        List<String> advice = new ArrayList<>();
        advice.add(
                "All three official clients repeat a 429 twice within about 2 s, whatever it means. Where the provider asks for"
                        + " longer: Java (from 4.90) comes back after 8 s at most and Node.js after 8 s if it is told more than 60 s, both"
                        + " too early; Python gives up if it is told more than 120 s.");
        advice.add(
                "With penstock gateway in between, nothing of this matters: it waits for quota itself. Without it, set"
                        + " max_retries=0 (maxRetries(0) in Java, maxRetries: 0 in Node.js) and retry by what the answer says.");
        requestsPerMinute(found).ifPresent(limit -> {
            double most = OKHTTP_CALLS / USUAL_ANSWER_SECONDS * 60;
            if (limit > most) {
                advice.add(
                        "Java's shipped HTTP client holds 64 asynchronous calls at a time: with answers of 2 s that is "
                                + Figures.count((long) most) + " a minute, and " + Figures.count(limit)
                                + " are allowed. Raise maxRequests and maxRequestsPerHost of its dispatcher.");
            }
        });
        return advice;
    }

    private static Optional<Long> requestsPerMinute(Examination found) {
        return found.models().stream()
                .flatMap(finding -> java.util.stream.Stream.concat(
                        finding.shown().stream().map(state -> state.limit()), finding.hidden().stream()))
                .filter(limit -> limit.dimension().equals(dev.penstock.limit.Dimension.REQUESTS_PER_MINUTE))
                .map(dev.penstock.limit.Limit::amount)
                .max(Long::compare);
    }

    /** What to type next. */
    List<String> next(Examination found) {
        String address = urlGiven ? " --base-url " + url : "";
        String key = keyVariable.map(name -> " --api-key-env " + name).orElse("");
        String variable = keyVariable.orElse("OPENAI_API_KEY");
        return switch (found.refusedBecause()) {
            case OUT_OF_REACH -> List.of("curl -v " + url + "/models", "./penstock doctor" + address + key);
            case BAD_KEY -> List.of("export " + variable + "=...", "./penstock doctor" + address + key);
            case NO_CREDIT, NO_PERMISSION, OTHER -> List.of("./penstock doctor" + address + key);
            case NONE -> {
                Optional<ModelFinding> known = found.models().stream()
                        .filter(finding -> finding.tier().isPresent())
                        .findFirst();
                List<String> lines = new ArrayList<>();
                lines.add(known.flatMap(ModelFinding::tier)
                        .map(row -> "./penstock plan INPUT --tier " + row.tier())
                        .orElseGet(() -> "./penstock tiers " + models.getFirst()));
                lines.add("./penstock gateway" + (urlGiven ? " --upstream " + url : "") + key);
                yield lines;
            }
        };
    }
}
