package dev.penstock.cli;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says beforehand what a run will take. The work itself is in {@link PlanSession}, so that help is quick. */
@Command(
        name = "plan",
        description = {
            "Say what answering a file will cost and how long it will take on each tier, before a row is sent. Asks nobody, needs"
                    + " no key and stores nothing."
        },
        synopsisHeading = "Usage: ",
        customSynopsis = {
            "penstock plan INPUT [OPTIONS]                               (batch-format JSONL)",
            "       penstock plan INPUT --model M --prompt TEXT [OPTIONS]       (CSV, TSV, JSONL)"
        },
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        sortOptions = false,
        footerHeading = "%nExit codes:%n",
        footer = {
            "  0    every row can be sent",
            "  1    the plan holds for the others, but some rows cannot be sent as they are",
            "  2    wrong usage, or a file that cannot be read"
        })
final class PlanCommand implements Callable<Integer> {
    private final Shell shell;

    @Parameters(
            paramLabel = "INPUT",
            description = "Requests in the Batch API's format, or a table whose columns --prompt uses.")
    Path input = Path.of("");

    @ArgGroup(exclusive = false, validate = false, heading = "%nWhat is asked (tables):%n")
    RunCommand.Asking asking = new RunCommand.Asking();

    @ArgGroup(exclusive = false, validate = false, heading = "%nThe account:%n")
    Account account = new Account();

    @ArgGroup(exclusive = false, validate = false, heading = "%nThe answers:%n")
    Answers answers = new Answers();

    @ArgGroup(exclusive = false, validate = false, heading = "%nWhat is shown:%n")
    Showing showing = new Showing();

    PlanCommand(Shell shell) {
        this.shell = shell;
    }

    static final class Account {
        @Option(names = "--tier", paramLabel = "TIER", description = "Tier of the account; all of them if left out.")
        Optional<String> tier = Optional.empty();

        @Option(names = "--rpm", paramLabel = "N", description = "Requests a minute, in force on every tier.")
        OptionalLong requestsPerMinute = OptionalLong.empty();

        @Option(names = "--tpm", paramLabel = "N", description = "Tokens a minute, likewise.")
        OptionalLong tokensPerMinute = OptionalLong.empty();

        @Option(names = "--rpd", paramLabel = "N", description = "Requests a day, likewise.")
        OptionalLong requestsPerDay = OptionalLong.empty();

        @Option(names = "--concurrency", paramLabel = "N", description = "Calls in flight, likewise.")
        OptionalInt concurrency = OptionalInt.empty();

        @Option(
                names = "--queue-limit",
                paramLabel = "TOKENS",
                description =
                        "Input tokens that each model may have enqueued in batches, if you know better than the table.")
        OptionalLong queueLimit = OptionalLong.empty();

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

        @Option(
                names = "--deadline",
                paramLabel = "TIME",
                description = "Say which way is the cheapest to be done within this time, such as 6h.")
        Optional<String> deadline = Optional.empty();
    }

    static final class Answers {
        @Option(
                names = "--answer-tokens",
                paramLabel = "N",
                description = "How long answers are on average (default 256, or what --max-output and the rows allow).")
        OptionalInt answerTokens = OptionalInt.empty();

        @Option(
                names = "--answers",
                paramLabel = "FILE",
                description = "Take their length from an output in the Batch API's format, for example of the first 100"
                        + " rows.")
        Optional<Path> answers = Optional.empty();

        @Option(names = "--latency", paramLabel = "TIME", description = "How long a call takes (default 2s).")
        Optional<String> latency = Optional.empty();
    }

    static final class Showing {
        @Option(names = "--json", description = "The plan as a JSON object.")
        boolean json;

        @Option(
                names = {"-h", "--help"},
                usageHelp = true,
                description = "Show this help.")
        boolean help;
    }

    @Override
    public Integer call() {
        return new PlanSession(shell, this).run();
    }
}
