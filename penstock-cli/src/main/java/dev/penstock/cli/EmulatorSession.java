package dev.penstock.cli;

import dev.penstock.emulator.BatchLedger;
import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.Ledger;
import dev.penstock.limit.Limit;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;

/** The emulator as a process of its own, until it is interrupted. */
final class EmulatorSession {
    private static final String SHOWN_MODEL = "gpt-4o-mini";

    private final Shell shell;
    private final EmulatorCommand command;

    EmulatorSession(Shell shell, EmulatorCommand command) {
        this.shell = shell;
        this.command = command;
    }

    int serve() throws InterruptedException {
        EmulatorSettings settings = EmulatorOptions.of(command, shell);
        QuietLogs.unless(shell.debugging());
        CountDownLatch interrupted = new CountDownLatch(1);
        try (Interrupts interrupts = Interrupts.handledBy(interrupted::countDown);
                Emulator emulator = start(settings)) {
            if (command.port == 0) {
                shell.out().println(emulator.port());
                shell.out().flush();
            }
            welcome(emulator, settings);
            interrupted.await();
            Ledger ledger = emulator.ledger();
            shell.err().println();
            sum(ledger, shell.err());
        }
        return ExitCode.OK;
    }

    private static Emulator start(EmulatorSettings settings) {
        try {
            return Emulator.start(settings);
        } catch (UncheckedIOException e) {
            throw new UsageException(String.valueOf(e.getMessage()), e);
        }
    }

    private void welcome(Emulator emulator, EmulatorSettings settings) {
        PrintStream err = shell.err();
        String base = emulator.baseUri().toString();
        err.println("Emulating the API at " + base + "  (Ctrl-C stops)");
        err.println();
        err.println("  limits   " + limits(settings));
        err.println("  answers  latency " + command.latency
                + (command.faults.isEmpty() ? "" : ", faults " + String.join(",", command.faults))
                + command.other.map(other -> ", another client takes " + other).orElse(""));
        err.println("  batches  " + batches(settings));
        err.println("  ledger   " + base.substring(0, base.length() - "/v1".length()) + "/emulator/ledger");
        err.println();
        String key =
                command.requiredKeyVariable.map(name -> "\"$" + name + "\"").orElse("any");
        err.println("  export OPENAI_BASE_URL=" + base + " OPENAI_API_KEY=" + key);
        err.println("  curl " + base + "/chat/completions -H 'Content-Type: application/json' \\");
        command.requiredKeyVariable.ifPresent(name -> err.println("    -H \"Authorization: Bearer $" + name + "\" \\"));
        err.println("    -d '{\"model\":\"" + SHOWN_MODEL
                + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}'");
    }

    private String limits(EmulatorSettings settings) {
        List<Limit> limits = settings.twin().limits().of(SHOWN_MODEL);
        if (limits.isEmpty()) {
            return "none";
        }
        String figures = limits.stream()
                .map(limit ->
                        Figures.count(limit.amount()) + " " + limit.dimension().label())
                .collect(Collectors.joining(", "));
        return figures
                + (command.isTier() ? " for " + SHOWN_MODEL + " (others: penstock tiers)" : " for each model")
                + (command.shape.equals("bucket") ? "" : ", enforced as " + command.shape)
                + (command.noLimitHeaders ? ", not shown" : "");
    }

    private String batches(EmulatorSettings settings) {
        OptionalLong queue = settings.twin().batches().queueTokens();
        OptionalLong enqueued =
                queue.isPresent() ? queue : settings.twin().limits().batchQueueTokens(SHOWN_MODEL);
        return "pace " + command.batchPace
                + (command.batchTimeScale > 1 ? ", " + Figures.count(command.batchTimeScale) + " times as fast" : "")
                + (enqueued.isPresent()
                        ? ", at most " + Figures.count(enqueued.getAsLong(), "token") + " enqueued"
                                + (queue.isPresent() ? "" : " for " + SHOWN_MODEL)
                        : "")
                + command.batchRowErrors
                        .map(share -> ", " + share.strip() + " of rows fail")
                        .orElse("")
                + (command.batchExpire.isEmpty() ? "" : ", expiring: " + String.join(", ", command.batchExpire))
                + (command.batchQuirks.isEmpty() ? "" : ", quirks: " + String.join(", ", command.batchQuirks));
    }

    private static void sum(Ledger ledger, PrintStream err) {
        BatchLedger batches = ledger.batches();
        if (ledger.arrived() == 0 && batches.created() == 0 && batches.filesUploaded() == 0) {
            err.println("Stopped. Nobody called.");
            return;
        }
        if (ledger.arrived() > 0) {
            sumOfRequests(ledger, err);
        } else {
            err.println("Stopped.");
        }
        if (batches.created() > 0 || batches.filesUploaded() > 0) {
            sumOfBatches(batches, err);
        }
    }

    private static void sumOfBatches(BatchLedger batches, PrintStream err) {
        String ended = batches.ended().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> Figures.count(entry.getValue()) + " " + entry.getKey())
                .collect(Collectors.joining(", "));
        err.println("  files     " + Figures.count(batches.filesUploaded()) + " uploaded, "
                + Figures.count(batches.filesDeleted()) + " deleted");
        err.println(
                "  batches   " + Figures.count(batches.created()) + " created" + (ended.isEmpty() ? "" : ": " + ended));
        err.println("  rows      " + Figures.count(batches.rowsRun()) + " run, " + Figures.count(batches.rowsAnswered())
                + " answered");
        if (batches.rowsPaidTwice() > 0) {
            err.println("  twice     " + Figures.count(batches.rowsPaidTwice(), "row") + " had been answered before");
        }
        if (batches.rowsAnsweredLiveToo() > 0) {
            err.println(
                    "  twice     " + Figures.count(batches.rowsAnsweredLiveToo(), "row") + " answered live as well");
        }
    }

    private static void sumOfRequests(Ledger ledger, PrintStream err) {
        Duration busy = ledger.lastAnswer().minus(ledger.firstArrival());
        err.println("Stopped. " + Figures.count(ledger.arrived(), "request") + " arrived"
                + (ledger.answered() > 0 && !busy.isNegative() ? " in " + Figures.time(busy) : "") + ".");
        err.println("  answered  " + Figures.count(ledger.answered())
                + (ledger.admitted() > ledger.answered() ? " of " + Figures.count(ledger.admitted()) + " admitted" : "")
                + ", at most " + Figures.count(ledger.peakConcurrency()) + " at a time");
        String refused = ledger.refused().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> Figures.count(entry.getValue()) + " by "
                        + entry.getKey().name().toLowerCase(Locale.ROOT).replace('_', ' '))
                .collect(Collectors.joining(", "));
        err.println("  refused   "
                + (refused.isEmpty() ? "none" : Figures.count(ledger.refusedTotal()) + ": " + refused)
                + (ledger.tooEarly() > 0
                        ? "; " + Figures.count(ledger.tooEarly()) + " came before they were told to"
                        : ""));
        err.println("  tokens    " + Figures.count(ledger.tokensCharged()) + " charged, "
                + Figures.count(ledger.outputTokens()) + " in answers");
        if (!ledger.faults().isEmpty()) {
            err.println("  faults    "
                    + ledger.faults().entrySet().stream()
                            .sorted(Map.Entry.comparingByKey())
                            .map(entry -> Figures.count(entry.getValue()) + " "
                                    + entry.getKey().word())
                            .collect(Collectors.joining(", ")));
        }
        if (ledger.repeatedAfterAnswer() > 0) {
            err.println("  twice     " + Figures.count(ledger.repeatedAfterAnswer(), "request")
                    + " had been answered before");
        }
    }
}
