package dev.penstock.cli;

import dev.penstock.simulator.Result;
import dev.penstock.simulator.Scenario;
import dev.penstock.simulator.Simulation;
import dev.penstock.simulator.strategy.Strategies;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Plays strategies against limits in virtual time. */
@Command(
        name = "simulate",
        description = {
            "Play traffic against rate limits in virtual time and compare what each way of dealing with 429s makes of it:"
                    + " lost requests, wasted calls, waits, time and money. The limits are the emulator's, the decisions"
                    + " those of the real commands; no network, no key, no cost.",
            "Without options: 40 requests a second for a minute against Tier 1 of gpt-4o-mini, all strategies."
        },
        synopsisHeading = "Usage: ",
        customSynopsis = "penstock simulate [OPTIONS]",
        descriptionHeading = "%n",
        optionListHeading = "%nOptions:%n",
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  penstock simulate --rate 5 --tokens 2000 --duration 5m --strategy none,tenacity,penstock",
            "  penstock simulate --requests 5000 --tier 2 --model gpt-4o",
            "  penstock simulate --concurrency 20 --rpm 100000 --rate 30 --strategy none,semaphore:20,penstock",
            "  penstock simulate --traffic bursts:300/30s --duration 5m --shape quantized",
            "  penstock simulate --log requests.csv --tier 1 --json"
        })
final class SimulateCommand implements Callable<Integer> {
    private final Shell shell;

    @Option(
            names = "--strategy",
            paramLabel = "NAMES",
            split = ",",
            description = {
                "Which to compare; all unless given. none, fixed-sleep[:TIME], exponential, tenacity, backoff, sdk,"
                        + " semaphore[:CALLS], semaphore-retry[:CALLS], retry-after, aimd, penstock, batch."
            })
    List<String> strategies = List.of();

    @Option(
            names = "--rate",
            paramLabel = "RATE",
            description = "Requests a second, or as 600/m or 1000/h (default 40).")
    Optional<String> rate = Optional.empty();

    @Option(names = "--jitter", paramLabel = "SHARE", description = "How far the rate varies by chance (default 20%%).")
    Optional<String> jitter = Optional.empty();

    @Option(
            names = "--traffic",
            paramLabel = "KIND",
            description = "steady (default), poisson, bursts:SIZE/TIME, ramp:TIME (from nothing to the rate),"
                    + " diurnal[:PERIOD], or pile: all --requests at once, which is the default if no rate and no duration is given with"
                    + " them.")
    Optional<String> traffic = Optional.empty();

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            description = "How long requests come, such as 90s or 24h (default 1m).")
    Optional<String> duration = Optional.empty();

    @Option(names = "--requests", paramLabel = "N", description = "The most requests that come.")
    OptionalLong requests = OptionalLong.empty();

    @Option(
            names = "--log",
            paramLabel = "FILE",
            description =
                    "Recorded traffic instead: CSV or JSONL with time, and tokens and latency (seconds) if known.")
    Optional<Path> log = Optional.empty();

    @Option(
            names = "--tokens",
            paramLabel = "N",
            description = "Tokens of a request, input and output: 1500, 500..3000 or lognormal:1200,0.6 (default 300).")
    Optional<String> tokens = Optional.empty();

    @Option(names = "--output", paramLabel = "SHARE", description = "The part of them that is output (default 25%%).")
    Optional<String> output = Optional.empty();

    @Option(
            names = "--latency",
            paramLabel = "TIME",
            description = "How long answers take: 1s, 1s..20s, lognormal:2s,0.5 or tokens:300ms,80/s (default"
                    + " lognormal:1s,0.5).")
    String latency = EmulatorOptions.DEFAULT_LATENCY;

    @Option(
            names = "--tier",
            paramLabel = "TIER",
            description = "Limits of a tier: free, 1 to 5 (default 1), or unlimited.")
    Optional<String> tier = Optional.empty();

    @Option(
            names = "--model",
            paramLabel = "NAME",
            description = "For the tier's limits and for prices (default gpt-4o-mini).")
    String model = "gpt-4o-mini";

    @Option(names = "--rpm", paramLabel = "N", description = "Requests a minute, instead of a tier.")
    OptionalLong requestsPerMinute = OptionalLong.empty();

    @Option(names = "--tpm", paramLabel = "N", description = "Tokens a minute, instead of a tier.")
    OptionalLong tokensPerMinute = OptionalLong.empty();

    @Option(names = "--rpd", paramLabel = "N", description = "Requests a day, instead of a tier.")
    OptionalLong requestsPerDay = OptionalLong.empty();

    @Option(
            names = "--limit",
            paramLabel = "LIMIT",
            description = "A limit over any window, instead of a tier: 20req/5s, 40000tok/10s. Repeat it for several.")
    List<String> limits = List.of();

    @Option(names = "--concurrency", paramLabel = "N", description = "The most calls that may be in work at a time.")
    OptionalInt concurrency = OptionalInt.empty();

    @Option(
            names = "--shape",
            paramLabel = "SHAPE",
            description = "How limits are enforced: bucket (default), bucket:DEPTH, quantized, sliding, fixed.")
    String shape = "bucket";

    @Option(names = "--charge-refused", description = "A 429 takes one request from the request limits.")
    boolean chargeRefused;

    @Option(
            names = "--tenants",
            paramLabel = "NAME=SHARE",
            split = ",",
            description = "Whose requests come, such as app=1,batch=20; the fair queue of penstock knows them.")
    Map<String, String> tenants = new LinkedHashMap<>();

    @Option(
            names = "--batch-time",
            paramLabel = "TIME",
            description = "How long a batch takes (default lognormal:20m,0.6, a guess).")
    String batchTime = "lognormal:20m,0.6";

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "The same seed gives the same figures, on any machine (default 1).")
    long seed = 1;

    @Option(names = "--tiers", paramLabel = "FILE", description = "Your own table of limits, as in penstock tiers.")
    Optional<Path> tiers = Optional.empty();

    @Option(names = "--prices", paramLabel = "FILE", description = "Your own prices, as in penstock run.")
    Optional<Path> prices = Optional.empty();

    @Option(names = "--json", description = "Print an array with an object for each strategy.")
    boolean json;

    @Option(names = "--csv", description = "Print the same as CSV.")
    boolean csv;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page with charts that needs nothing else.")
    Optional<Path> html = Optional.empty();

    @Option(names = "--plot", paramLabel = "FILE", description = "Write the charts as a picture, .svg or .png.")
    Optional<Path> plot = Optional.empty();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    SimulateCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        if (json && csv) {
            throw new UsageException("--json and --csv are both given; give one of them");
        }
        plot.ifPresent(SimulationFiles::checkPlot);
        Scenario scenario = SimulateOptions.scenario(this);
        List<Result> results = new ArrayList<>();
        for (String name : names(scenario)) {
            results.add(Simulation.run(scenario, name, Strategies.of(name, scenario)));
        }
        html.ifPresent(file -> SimulationFiles.writePage(file, scenario, results));
        plot.ifPresent(file -> SimulationFiles.writePlot(file, scenario, results));
        if (json) {
            shell.out().println(SimulationRecords.json(scenario, results));
        } else if (csv) {
            shell.out().print(SimulationRecords.csv(scenario, results));
        } else {
            print(scenario, results);
        }
        return ExitCode.OK;
    }

    /** All are looked up before the first one plays, so that a misspelt one does not come to light after minutes. */
    private List<String> names(Scenario scenario) {
        List<String> names = strategies.isEmpty()
                ? Strategies.names()
                : strategies.stream().map(String::strip).distinct().toList();
        for (String name : names) {
            try {
                Strategies.check(name, scenario);
            } catch (IllegalArgumentException e) {
                throw new UsageException("--strategy: " + e.getMessage(), e);
            }
        }
        return names;
    }

    private void print(Scenario scenario, List<Result> results) {
        Optional<Screen> screen = Screen.openForResults(shell);
        int width = screen.map(Screen::width).orElse(SimulationReport.USUAL_WIDTH);
        screen.ifPresent(Screen::close);
        new SimulationReport(
                        scenario,
                        results,
                        Glyphs.of(shell.out().charset()),
                        width,
                        screen.isPresent() && shell.colours())
                .print(shell.out());
    }
}
