package dev.penstock.cli;

import dev.penstock.emulator.Emulator;
import dev.penstock.jobs.JobRun;
import dev.penstock.jobs.OutputWriter;
import dev.penstock.jobs.RunReport;
import dev.penstock.jobs.RunSettings;
import dev.penstock.wire.TierRow;
import dev.penstock.wire.TierTable;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** One {@code penstock run}, from its options to its exit code. */
final class RunSession {
    private static final Duration BETWEEN_FRAMES = Duration.ofMillis(200);
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(5);

    private final Shell shell;
    private final RunCommand command;

    RunSession(Shell shell, RunCommand command) {
        this.shell = shell;
        this.command = command;
    }

    int run() {
        RunOptions options = new RunOptions(shell, command);
        options.check();
        command.verb().ifPresent(this::requireJob);
        TierTable tiers = options.tiers();
        QuietLogs.unless(shell.debugging());
        Optional<String> tier = command.answering.emulate;
        if (tier.isEmpty()) {
            URI baseUrl = options.baseUrl();
            Optional<String> key = options.key(baseUrl);
            RunSettings settings = options.settings(baseUrl, key, Optional.empty(), tiers);
            if (key.isPresent()) {
                ApiAddress.warnOfAKeyInTheOpen(shell, baseUrl);
            }
            ApiAddress.noteAMissingPath(shell, baseUrl);
            return run(settings);
        }
        String latency = command.answering.emulateLatency.orElse(EmulatorOptions.DEFAULT_LATENCY);
        try (Emulator emulator =
                Emulator.start(EmulatorOptions.inProcess(tier.get(), latency, tiers, command.job.seed))) {
            String upstream = "emulator, " + tierName(tier.get(), tiers);
            return run(options.settings(emulator.baseUri(), Optional.empty(), Optional.of(upstream), tiers));
        }
    }

    /** All steps but the first belong to a job that is there: a mistyped output would begin another one. */
    private void requireJob(BatchVerb verb) {
        switch (verb) {
            case SUBMIT -> {}
            case WAIT, FETCH, CANCEL ->
                command.job
                        .output
                        .filter(output -> !OutputWriter.hasJob(output))
                        .ifPresent(output -> {
                            throw new UsageException(
                                    "there is no job for " + output + "; give the OUTPUT of the run, or begin with"
                                            + " 'penstock batch submit' and the same arguments");
                        });
        }
    }

    private static String tierName(String tier, TierTable tiers) {
        return tiers.rows().stream()
                .flatMap(row -> tiers.find(row.family(), tier).stream())
                .findFirst()
                .map(TierRow::tier)
                .map(name -> Character.isDigit(name.charAt(0)) ? "tier " + name : name)
                .orElse(tier.toLowerCase(Locale.ROOT));
    }

    private int run(RunSettings settings) {
        boolean quiet = command.showing.noProgress;
        Optional<Screen> screen = quiet ? Optional.empty() : Screen.open(shell);
        Glyphs glyphs = Glyphs.of(shell.err().charset());
        boolean colours = screen.isPresent() && shell.colours();
        ProgressBlock block = new ProgressBlock(glyphs, colours);
        Duration pace = screen.isPresent() ? BETWEEN_FRAMES : BETWEEN_LINES;
        ScheduledExecutorService painter = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("penstock-progress").factory());
        Display display = screen.<Display>map(terminal -> new LiveDisplay(terminal, shell.err(), block))
                .orElseGet(() -> new LineDisplay(shell, block, !quiet));
        int width = screen.map(terminal -> terminal.width() - 1).orElse(0);
        RunReport report;
        try (display) {
            JobRun job = new JobRun(settings, new Narrator(display, settings, glyphs, quiet));
            var unused = painter.scheduleWithFixedDelay(
                    () -> display.show(job.progress()), pace.toMillis(), pace.toMillis(), TimeUnit.MILLISECONDS);
            AtomicInteger times = new AtomicInteger();
            String stopping = command.batches.deadline.isPresent()
                    ? "Stopping: calls in flight have a few seconds to finish, and batches that run go on at the provider."
                    : command.isBatch()
                            ? "Stopping: batches go on at the provider. The same command goes on with them."
                            : "Stopping: calls in flight have a few seconds to finish. Ctrl-C again stops at once.";
            try (Interrupts interrupts = Interrupts.handledBy(() -> interrupt(job, display, stopping, times))) {
                report = job.run();
            }
        } finally {
            painter.shutdownNow();
        }
        int code = exitCode(report);
        if (command.showing.json) {
            shell.out().println(JsonSummary.of(report, code));
            shell.out().flush();
        }
        if (!command.showing.json || screen.isPresent()) {
            new Summary(settings, report, glyphs, colours, width).print(shell.err());
        }
        return code;
    }

    /** First in order, then without waiting for calls, and whoever is still not content kills it. */
    private static void interrupt(JobRun job, Display display, String stopping, AtomicInteger times) {
        switch (times.incrementAndGet()) {
            case 1 -> {
                job.interrupt();
                display.say(stopping);
            }
            case 2 -> job.interrupt();
            default -> {
                display.close();
                Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
            }
        }
    }

    private int exitCode(RunReport report) {
        return switch (report.end()) {
            case COMPLETE -> ExitCode.OK;
            case COMPLETE_WITH_FAILURES -> ExitCode.ROWS_FAILED;
            case STOPPED_BY_PROVIDER, UNREACHABLE -> ExitCode.STOPPED;
            case BUDGET_REACHED -> ExitCode.BUDGET;
            case STORAGE_FAILED, TOO_LATE -> ExitCode.USAGE;
            case INTERRUPTED -> ExitCode.INTERRUPTED;
            case AT_PROVIDER ->
                command.verb().filter(verb -> verb == BatchVerb.FETCH).isPresent() ? ExitCode.AT_PROVIDER : ExitCode.OK;
        };
    }
}
