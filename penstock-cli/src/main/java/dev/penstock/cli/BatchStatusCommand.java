package dev.penstock.cli;

import dev.penstock.jobs.BatchJournal;
import dev.penstock.jobs.batch.Part;
import dev.penstock.jobs.batch.PartPhase;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tells from the job's file where its batches stand, also while another process works on it. */
@Command(
        name = "status",
        description = "Show where the batches of a job stand, from its file; asks nobody.",
        synopsisHeading = "Usage: ",
        customSynopsis = "penstock batch status OUTPUT [OPTIONS]",
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        optionListHeading = "%n",
        sortOptions = false)
final class BatchStatusCommand implements Callable<Integer> {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

    /** The one window that the Batch API has. */
    private static final Duration WINDOW = Duration.ofHours(24);

    private final Shell shell;

    @Parameters(paramLabel = "OUTPUT", description = "The output of the run, or its .job file.")
    private Path output = Path.of("");

    @Option(names = "--events", description = "Show every step of every batch, with its time in UTC.")
    private boolean events;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    BatchStatusCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        QuietLogs.unless(shell.debugging());
        BatchJournal job = BatchJournal.read(output);
        shell.out()
                .println(Figures.count(job.answered()) + " of " + Figures.count(job.rows(), "row") + " answered"
                        + (job.failed() > 0 ? ", " + Figures.count(job.failed()) + " failed for good" : "")
                        + standing(job.parts()) + ".");
        if (job.parts().isEmpty()) {
            shell.out().println("The job has no batches.");
            return ExitCode.OK;
        }
        if (events) {
            Columns columns = new Columns(List.of("time (UTC)", ">part", "phase", "batch", "what happened"));
            for (BatchJournal.Event event : job.events()) {
                columns.add(List.of(
                        TIME.format(event.at()),
                        Integer.toString(event.part()),
                        event.phase(),
                        event.batchId().isEmpty() ? "-" : event.batchId(),
                        event.detail()));
            }
            columns.print(shell.out());
            return ExitCode.OK;
        }
        Columns columns =
                new Columns(List.of(">part", "model", ">rows", ">tokens", "state", ">done", ">failed", "batch"));
        for (Part part : job.parts()) {
            columns.add(List.of(
                    Integer.toString(part.number()),
                    part.size().key().model().isEmpty()
                            ? "-"
                            : part.size().key().model(),
                    Figures.count(part.size().rows()),
                    Figures.count(part.size().tokens()),
                    BatchWords.state(part),
                    ran(part) ? Figures.count(part.completed()) : "-",
                    part.failed() == 0 ? "-" : Figures.count(part.failed()),
                    part.batchId().isEmpty() ? "-" : part.batchId()));
        }
        columns.print(shell.out());
        last(job)
                .ifPresent(at -> shell.out()
                        .println("The last of the running batches ends by " + TIME.format(at) + " UTC at the latest."));
        return ExitCode.OK;
    }

    private static boolean ran(Part part) {
        return !part.batchId().isEmpty() && part.phase() != PartPhase.DISSOLVED;
    }

    private static String standing(List<Part> parts) {
        long running = parts.stream().filter(part -> part.phase().mayRun()).count();
        long waiting = parts.stream().filter(part -> !part.phase().isOver()).count() - running;
        return (running == 0 ? "" : "; " + Figures.count(running) + (running == 1 ? " batch runs" : " batches run"))
                + (waiting == 0 ? "" : "; " + Figures.count(waiting) + (waiting == 1 ? " part waits" : " parts wait"));
    }

    /** A batch that is not through when its window is over expires. */
    private static Optional<Instant> last(BatchJournal job) {
        Set<String> running = job.parts().stream()
                .filter(part -> part.phase() == PartPhase.SUBMITTED)
                .map(Part::batchId)
                .collect(Collectors.toSet());
        return job.events().stream()
                .filter(event ->
                        running.contains(event.batchId()) && event.detail().equals("created as " + event.batchId()))
                .map(event -> event.at().plus(WINDOW))
                .max(Comparator.naturalOrder());
    }
}
