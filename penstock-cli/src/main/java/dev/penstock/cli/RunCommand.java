package dev.penstock.cli;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Answers every row of a file. The work itself is in {@link RunSession}, so that help is quick. */
@Command(
        name = "run",
        description = {"Answer every row of a file, as fast as the quota allows. The same command again resumes."},
        synopsisHeading = "Usage: ",
        customSynopsis = {
            "penstock run INPUT -o OUTPUT [OPTIONS]                               (batch-format JSONL)",
            "       penstock run INPUT -o OUTPUT --model M --prompt TEXT [OPTIONS]       (CSV, TSV, JSONL)"
        },
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        sortOptions = false,
        footerHeading = "%nExit codes:%n",
        footer = {
            "  0    every row is answered",
            "  1    every row has ended, some failed for good; OUTPUT.errors.jsonl lists them",
            "  2    wrong usage, or a file that cannot be read or written",
            "  3    stopped by the provider: no credit, a bad key, or out of reach",
            "  4    the budget is reached",
            "  130  interrupted; the same command resumes"
        })
final class RunCommand implements Callable<Integer> {
    private final Shell shell;
    private final Optional<BatchVerb> verb;

    @Parameters(
            paramLabel = "INPUT",
            description = "Requests in the Batch API's format, or a table whose columns --prompt uses.")
    Path input = Path.of("");

    @ArgGroup(exclusive = false, validate = false, heading = "%nWhat is asked (tables):%n")
    Asking asking = new Asking();

    @ArgGroup(exclusive = false, validate = false, heading = "%nWho answers:%n")
    Answering answering = new Answering();

    @ArgGroup(exclusive = false, validate = false, heading = "%nOwn limits (what the provider allows is found out):%n")
    Caps caps = new Caps();

    @ArgGroup(exclusive = false, validate = false, heading = "%nThe job:%n")
    Job job = new Job();

    @ArgGroup(exclusive = false, validate = false, heading = "%nBatches (with --via batch or auto):%n")
    Batches batches = new Batches();

    @ArgGroup(exclusive = false, validate = false, heading = "%nWhat is shown:%n")
    Showing showing = new Showing();

    RunCommand(Shell shell) {
        this(shell, Optional.empty());
    }

    /** @param verb the step of a job in batches that is taken; empty for a whole run */
    RunCommand(Shell shell, Optional<BatchVerb> verb) {
        this.shell = shell;
        this.verb = verb;
    }

    Optional<BatchVerb> verb() {
        return verb;
    }

    /** Whether rows go through the Batch API. */
    boolean isBatch() {
        return verb.isPresent()
                || answering
                        .via
                        .filter(way -> way.equals("batch") || way.equals("auto"))
                        .isPresent();
    }

    static final class Asking {
        @Option(
                names = "--prompt",
                paramLabel = "TEXT",
                description = "The user message; {{column}} stands for a row's value.")
        Optional<String> prompt = Optional.empty();

        @Option(names = "--system", paramLabel = "TEXT", description = "The system message, with columns likewise.")
        Optional<String> system = Optional.empty();

        @Option(names = "--model", paramLabel = "M", description = "The model, for example gpt-4o-mini.")
        Optional<String> model = Optional.empty();

        @Option(
                names = "--max-output",
                paramLabel = "TOKENS",
                description = "The most tokens of an answer. The provider reserves them from the quota beforehand, so a"
                        + " tight figure makes a run faster.")
        OptionalInt maxOutput = OptionalInt.empty();

        @Option(
                names = "--param",
                paramLabel = "K=V",
                description = "A further member of each request, for example temperature=0. Repeat it for more.")
        Map<String, String> parameters = new LinkedHashMap<>();

        @Option(
                names = "--format",
                paramLabel = "FORMAT",
                description = "batch, csv, tsv or jsonl, where name and content of INPUT should not decide.")
        Optional<String> format = Optional.empty();
    }

    static final class Answering {
        @Option(
                names = "--base-url",
                paramLabel = "URL",
                description = "The API (default: OPENAI_BASE_URL, else https://api.openai.com/v1).")
        Optional<String> baseUrl = Optional.empty();

        @Option(
                names = "--api-key-env",
                paramLabel = "NAME",
                description = "The environment variable with the API key (default OPENAI_API_KEY).")
        Optional<String> keyVariable = Optional.empty();

        @Option(
                names = "--emulate",
                paramLabel = "TIER",
                description = "Ask a built-in emulator with the limits of a tier instead: free, tier-1 to tier-5, or"
                        + " unlimited. No key, no cost, made-up answers.")
        Optional<String> emulate = Optional.empty();

        @Option(
                names = "--emulate-latency",
                paramLabel = "LATENCY",
                description = "How long the emulator takes to answer: 1s, 1s..20s or lognormal:MEDIAN,SIGMA (default"
                        + " lognormal:1s,0.5).")
        Optional<String> emulateLatency = Optional.empty();

        @Option(
                names = "--via",
                paramLabel = "WAY",
                description = "live (default); batch: through the Batch API, at half the price, within a day; auto: in"
                        + " batches as long as --deadline allows, and the rest live.")
        Optional<String> via = Optional.empty();
    }

    static final class Caps {
        @Option(names = "--rpm", paramLabel = "N", description = "Requests a minute.")
        OptionalLong requestsPerMinute = OptionalLong.empty();

        @Option(names = "--tpm", paramLabel = "N", description = "Tokens a minute, as the provider counts them.")
        OptionalLong tokensPerMinute = OptionalLong.empty();

        @Option(names = "--rpd", paramLabel = "N", description = "Requests a day.")
        OptionalLong requestsPerDay = OptionalLong.empty();

        @Option(names = "--concurrency", paramLabel = "N", description = "Calls in flight.")
        OptionalInt concurrency = OptionalInt.empty();

        @Option(
                names = "--budget",
                paramLabel = "DOLLARS",
                description =
                        "Stop before the job, over all its runs, could cost more than this. Without --max-output, each"
                                + " call in flight sets aside all that its model may write.")
        Optional<BigDecimal> budget = Optional.empty();

        @Option(
                names = "--tiers",
                paramLabel = "FILE",
                description = "Your own table of limits as CSV: family, tier and any of rpm, rpd, tpm, tpd.")
        Optional<Path> tiers = Optional.empty();

        @Option(
                names = "--prices",
                paramLabel = "FILE",
                description =
                        "Your own prices as CSV: family, input, cached_input, output in dollars a million tokens, and"
                                + " max_output_tokens.")
        Optional<Path> prices = Optional.empty();
    }

    static final class Job {
        @Option(
                names = {"-o", "--output"},
                paramLabel = "OUTPUT",
                description = "The answers, in input order (default: standard output). The job is kept in OUTPUT.job.")
        Optional<Path> output = Optional.empty();

        @Option(names = "--retry-failed", description = "Try the rows again that failed in an earlier run.")
        boolean retryFailed;

        @Option(names = "--skip-bad", description = "Carry on without the rows of INPUT that cannot be sent.")
        boolean skipBad;

        @Option(names = "--restart", description = "Throw an earlier job and its answers away and start again.")
        boolean restart;

        @Option(
                names = "--timeout",
                paramLabel = "TIME",
                description = "The longest that one call may take (default 10m).")
        Optional<String> timeout = Optional.empty();

        @Option(
                names = "--max-attempts",
                paramLabel = "N",
                description = "Attempts per row at faults (default 6). Waiting for quota is no attempt.")
        OptionalInt maxAttempts = OptionalInt.empty();

        @Option(names = "--seed", hidden = true)
        long seed = 1;
    }

    static final class Batches {
        @Option(
                names = "--deadline",
                paramLabel = "TIME",
                description = "With --via auto: all rows are answered within this time, such as 6h, at the least cost.")
        Optional<String> deadline = Optional.empty();

        @Option(
                names = "--tier",
                paramLabel = "TIER",
                description = "Tier of the account, which says how many tokens may be enqueued. Without it the limit is"
                        + " learned from a batch that the provider refuses, and limits of live calls from a first row.")
        Optional<String> tier = Optional.empty();

        @Option(
                names = "--queue-limit",
                paramLabel = "TOKENS",
                description = "Input tokens that each model may have enqueued, if you know better than the table.")
        OptionalLong queueLimit = OptionalLong.empty();

        @Option(names = "--keep-remote", description = "Leave the uploaded files at the provider.")
        boolean keepRemote;

        @Option(
                names = "--forget-missing",
                description =
                        "Give up batches that the provider does not know any more, and send their rows again. If they"
                                + " exist under another key, the rows are paid twice.")
        boolean forgetMissing;

        @Option(names = "--cancelling", hidden = true)
        Optional<String> cancelling = Optional.empty();

        @Option(names = "--settling", hidden = true)
        Optional<String> settling = Optional.empty();
    }

    static final class Showing {
        @Option(names = "--no-progress", description = "No progress, only the summary.")
        boolean noProgress;

        @Option(names = "--json", description = "The summary as a JSON object on standard output; needs -o.")
        boolean json;

        @Option(
                names = {"-h", "--help"},
                usageHelp = true,
                description = "Show this help.")
        boolean help;
    }

    @Override
    public Integer call() throws InterruptedException {
        return new RunSession(shell, this).run();
    }
}
