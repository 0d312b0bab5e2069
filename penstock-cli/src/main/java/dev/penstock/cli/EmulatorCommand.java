package dev.penstock.cli;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Starts a local twin of the API. */
@Command(
        name = "emulator",
        description =
                "Run a local twin of the API: its limits, errors, streams and batches, without a key and without cost.",
        synopsisHeading = "Usage: ",
        customSynopsis = "penstock emulator [OPTIONS]",
        descriptionHeading = "%n",
        optionListHeading = "%nOptions:%n",
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  penstock emulator --tier 1",
            "  penstock emulator --limit 20req/5s --shape fixed --no-limit-headers",
            "  penstock emulator --rpm 60 --tpm 20000 --shape sliding --latency 1s..20s",
            "  penstock emulator --tier unlimited --latency 0s --fault 500=5%%,reset=2%%,hang=1%%",
            "  penstock emulator --batch-pace 10m..2h --batch-time-scale 3600 --batch-expire 2"
        })
final class EmulatorCommand implements Callable<Integer> {
    private final Shell shell;

    @Option(
            names = "--port",
            paramLabel = "N",
            description = "Port on 127.0.0.1 (default 8431). 0 takes a free one and prints it on standard output.")
    int port = 8431;

    @Option(
            names = "--tier",
            paramLabel = "TIER",
            description = "Limits of a tier: free, 1 to 5, or unlimited (default 1). 'penstock tiers' shows them.")
    Optional<String> tier = Optional.empty();

    @Option(names = "--rpm", paramLabel = "N", description = "Requests a minute, instead of a tier.")
    OptionalLong requestsPerMinute = OptionalLong.empty();

    @Option(names = "--tpm", paramLabel = "N", description = "Tokens a minute, instead of a tier.")
    OptionalLong tokensPerMinute = OptionalLong.empty();

    @Option(names = "--rpd", paramLabel = "N", description = "Requests a day, instead of a tier.")
    OptionalLong requestsPerDay = OptionalLong.empty();

    @Option(
            names = "--limit",
            paramLabel = "LIMIT",
            description =
                    "A limit over any window, instead of a tier: 20req/5s, 40000tok/10s, 5img/1m; windows end in s,"
                            + " m, h or d. Repeat it for several.")
    List<String> limits = List.of();

    @Option(
            names = "--no-limit-headers",
            description = "Do not tell the limits: no x-ratelimit headers, and refusals say only Retry-After.")
    boolean noLimitHeaders;

    @Option(
            names = "--shape",
            paramLabel = "SHAPE",
            description = "How limits are enforced: bucket (default), bucket:5s (that much burst), quantized, sliding,"
                    + " fixed or fixed:20s (windows start that late).")
    String shape = "bucket";

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            description = "Most requests in work at a time; unlimited if left out.")
    OptionalInt concurrency = OptionalInt.empty();

    @Option(
            names = "--latency",
            paramLabel = "LATENCY",
            description = "How long answers take: 0s, 1s, 1s..20s, lognormal:MEDIAN,SIGMA (default"
                    + " lognormal:1s,0.5) or tokens:FIRST,RATE/s such as tokens:300ms,80/s.")
    String latency = EmulatorOptions.DEFAULT_LATENCY;

    @Option(
            names = "--fault",
            paramLabel = "NAME=SHARE",
            description = "What goes wrong how often; repeat it or separate by commas. Names are 500, 503, reset,"
                    + " reset-body, hang, cut, 429 (without headers), stream429 and stream429-first. For example"
                    + " 500=5%%.")
    List<String> faults = List.of();

    @Option(
            names = "--other",
            paramLabel = "SHARE",
            description = "Another client of the account takes this share of every limit: 50%%, or 50%%:60s/30s for one"
                    + " who stays 60 s and is away for 30 s.")
    Optional<String> other = Optional.empty();

    @Option(names = "--refund", description = "Give back the tokens that an answer did not use.")
    boolean refund;

    @Option(names = "--charge-refused", description = "Count a refused request against the requests a minute.")
    boolean chargeRefused;

    @Option(
            names = "--ramp",
            paramLabel = "TOKENS",
            arity = "0..1",
            fallbackValue = "1000000",
            description = "Answer slow_down when input tokens a minute grow by more than half within 15 minutes, above"
                    + " this many (1000000 if no number is given).")
    OptionalLong ramp = OptionalLong.empty();

    @Option(
            names = "--batch-pace",
            paramLabel = "PACE",
            description =
                    "How long batches take: a latency (see above), and if rows take time as well a rate after a plus"
                            + " sign (default 20s+2000/s).")
    String batchPace = EmulatorOptions.DEFAULT_BATCH_PACE;

    @Option(
            names = "--batch-time-scale",
            paramLabel = "N",
            description = "Let time go N times faster for files and batches; at 3600 a day passes in 24 s (default 1).")
    long batchTimeScale = 1;

    @Option(
            names = "--batch-queue",
            paramLabel = "TOKENS",
            description =
                    "Prompt tokens that batches of a model family may have enqueued, instead of what the tier grants.")
    OptionalLong batchQueue = OptionalLong.empty();

    @Option(
            names = "--batch-row-errors",
            paramLabel = "SHARE",
            description = "Rows that fail for a passing reason, for example 3%%.")
    Optional<String> batchRowErrors = Optional.empty();

    @Option(
            names = "--batch-expire",
            paramLabel = "N",
            description = "The batch that expires with half of its rows done, counted from 1; repeat it or separate by"
                    + " commas.")
    List<String> batchExpire = List.of();

    @Option(
            names = "--batch-quirk",
            paramLabel = "NAME[:N]",
            description = "An oddity of all batches, or of batch N alone; repeat it or separate by commas. Names are"
                    + " all-failed, null-output, status-0, unordered, blank-lines, missing-line, doubled-line,"
                    + " cancelled-lines and lost-answer.")
    List<String> batchQuirks = List.of();

    @Option(
            names = "--require-key",
            paramLabel = "NAME",
            description = "Accept only the API key in this environment variable; any key if left out.")
    Optional<String> requiredKeyVariable = Optional.empty();

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "The same seed gives the same answers and faults to the same requests (default 1).")
    long seed = 1;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;

    EmulatorCommand(Shell shell) {
        this.shell = shell;
    }

    /** Whether the limits are those of a tier. */
    boolean isTier() {
        return requestsPerMinute.isEmpty() && tokensPerMinute.isEmpty() && requestsPerDay.isEmpty() && limits.isEmpty();
    }

    @Override
    public Integer call() throws InterruptedException {
        return new EmulatorSession(shell, this).serve();
    }
}
