package dev.penstock.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import dev.penstock.benchmarks.Scorecard.Bound;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A budget that is reached in the middle of a job, judged by what the provider answered. */
final class Budget {
    private static final int REACHED = 4;
    private static final int IN_FLIGHT = 1_000;
    private static final int MOST_OUTPUT = 500;
    /** Dollars a million tokens of gpt-4o-mini, as in the table of prices. */
    private static final double INPUT_PRICE = 0.15;

    private static final double OUTPUT_PRICE = 0.60;
    private static final double BATCH_SHARE = 0.5;
    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final Pattern PROMPT_TOKENS = Pattern.compile("\"prompt_tokens\":(\\d+)");

    private Budget() {}

    static void run(Bench bench) throws IOException, InterruptedException {
        live(bench);
        batches(bench);
    }

    private static void live(Bench bench) throws IOException, InterruptedException {
        double budget = 2.50;
        Path input = Rows.write(bench.folder().resolve("budget.jsonl"), 40_000, 200, 200, MOST_OUTPUT, 43);
        Path output = bench.folder().resolve("budget.out.jsonl");
        try (EmulatorProcess emulator =
                EmulatorProcess.start(bench.root(), bench.log(), "--tier", "unlimited", "--latency", "1s..4s")) {
            int exit =
                    run(bench, emulator, input, output, budget, List.of("--concurrency", Integer.toString(IN_FLIGHT)));
            JsonNode ledger = emulator.ledger();
            // The ledger counts answers and the tokens of their text; those of the prompts are what the answers say. An
            // answer that did not reach the output counts with the longest prompt.
            long answered = ledger.path("answered").asLong();
            Prompts prompts = Prompts.of(output);
            double spent = ((prompts.tokens() + (answered - prompts.answers()) * prompts.longest()) * INPUT_PRICE
                            + ledger.path("output_tokens").asLong() * OUTPUT_PRICE)
                    / 1e6;
            print(
                    bench,
                    "budget, live calls",
                    "%,d rows answered, %,d at a time"
                            .formatted(answered, ledger.path("peak_concurrency").asLong()),
                    spent,
                    budget,
                    exit,
                    Bound.atLeast(
                            "in flight at a time",
                            ledger.path("peak_concurrency").asLong(),
                            IN_FLIGHT,
                            ""),
                    Bound.exactly("answered and not in the output", answered - prompts.answers(), 0));
        } finally {
            Files.deleteIfExists(input);
        }
    }

    private static void batches(Bench bench) throws IOException, InterruptedException {
        double budget = 1.25;
        Path input = Rows.write(bench.folder().resolve("budget.jsonl"), 40_000, 200, 200, MOST_OUTPUT, 47);
        Path output = bench.folder().resolve("budget-batch.out.jsonl");
        try (EmulatorProcess emulator = EmulatorProcess.start(
                bench.root(), bench.log(), "--tier", "unlimited", "--batch-pace", "0s", "--batch-row-errors", "3%")) {
            int exit = run(bench, emulator, input, output, budget, List.of("--via", "batch"));
            ProviderSide provider = ProviderSide.of(emulator);
            double spent = BATCH_SHARE
                    * (provider.used("input_tokens") * INPUT_PRICE + provider.used("output_tokens") * OUTPUT_PRICE)
                    / 1e6;
            print(
                    bench,
                    "budget, batches",
                    "%,d rows answered in %d batches"
                            .formatted(provider.figure("rows_answered"), provider.figure("created")),
                    spent,
                    budget,
                    exit,
                    Bound.exactly(
                            "answered and not in the output",
                            provider.figure("rows_answered")
                                    - Prompts.of(output).answers(),
                            0));
        } finally {
            Files.deleteIfExists(input);
        }
    }

    private static int run(
            Bench bench, EmulatorProcess emulator, Path input, Path output, double budget, List<String> how)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(
                "run",
                input.toString(),
                "-o",
                output.toString(),
                "--base-url",
                emulator.baseUrl(),
                "--budget",
                Double.toString(budget),
                "--no-progress"));
        arguments.addAll(how);
        try (Program run = Program.start(bench.root(), bench.log(), Map.of(), arguments.toArray(String[]::new))) {
            return run.waitFor(LONGEST);
        }
    }

    private static void print(
            Bench bench, String name, String what, double spent, double budget, int exit, Bound... more) {
        List<Bound> bounds = new ArrayList<>(List.of(
                Bound.atMost("overshoot", Math.max(0, spent - budget), 0, " dollars"),
                // A guard that sends nothing would keep any budget.
                Bound.atLeast("used", spent / budget, 0.95, " of the budget"),
                Bound.exactly("exit", exit, REACHED)));
        bounds.addAll(List.of(more));
        bench.scorecard()
                .print(
                        name,
                        "%s; $%.5f of $%.2f = %.2f %%, overshoot $%.5f, exit %d"
                                .formatted(
                                        what, spent, budget, 100 * spent / budget, Math.max(0, spent - budget), exit),
                        bounds.toArray(Bound[]::new));
    }

    /**
     * What the answers in an output say of their prompts.
     *
     * @param answers how many they are
     * @param tokens of all prompts
     * @param longest the most tokens of one
     */
    private record Prompts(long answers, long tokens, long longest) {
        static Prompts of(Path output) throws IOException {
            long answers = 0;
            long sum = 0;
            long longest = 0;
            try (BufferedReader lines = Files.newBufferedReader(output)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    Matcher tokens = PROMPT_TOKENS.matcher(line);
                    if (tokens.find()) {
                        answers++;
                        sum += Long.parseLong(tokens.group(1));
                        longest = Math.max(longest, Long.parseLong(tokens.group(1)));
                    }
                }
            }
            return new Prompts(answers, sum, longest);
        }
    }
}
