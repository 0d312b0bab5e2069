package dev.penstock.cli;

import dev.penstock.diagnosis.Diagnosis;
import dev.penstock.diagnosis.LogScanner;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says which limit refused the requests of a log. */
@Command(
        name = "diagnose",
        description = {
            "Find refused requests in a log, an error message, a stack trace, an answer of curl -i, a HAR file or a list of"
                    + " headers, and say which limit it was, whether retries help, and what fixes it.",
            "Files of any size, in constant memory. Keys and prompts are not shown."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        optionListHeading = "%n",
        sortOptions = false,
        footer = {
            "",
            "Exit codes: 0 read to the end, whatever was found; 1 with --fail if anything was found; 2 wrong usage or a file"
                    + " that cannot be read."
        })
final class DiagnoseCommand implements Callable<Integer> {
    private final Shell shell;

    @Parameters(arity = "0..1", paramLabel = "FILE", description = "What to read; - or nothing for standard input.")
    private Optional<String> given = Optional.empty();

    @Option(names = "--json", description = "Print an array of groups for programs.")
    private boolean json;

    @Option(names = "--timeline", description = "Show when refusals happened.")
    private boolean timeline;

    @Option(names = "--fail", description = "Exit with 1 if any refusal is found.")
    private boolean fail;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    DiagnoseCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        String file = given.orElse("-");
        if (given.isEmpty() && waitsForAPerson()) {
            shell.err().println("penstock: reading standard input until Ctrl-D; penstock diagnose FILE reads a file");
        }
        Diagnosis diagnosis = read(file);
        diagnosis.remarks().forEach(shell::error);
        if (json) {
            shell.out().println(DiagnosisJson.of(diagnosis));
        } else {
            DiagnosisReport report =
                    new DiagnosisReport(diagnosis, Glyphs.of(shell.out().charset()));
            report.print(shell.out());
            if (timeline) {
                report.timeline(shell.out());
            }
        }
        return fail && diagnosis.refused() > 0 ? ExitCode.ROWS_FAILED : ExitCode.OK;
    }

    /** Whether a person sits there and nothing is piped in. On some JDKs a slow pipe looks the same; the note does no harm. */
    private boolean waitsForAPerson() {
        try {
            return shell.attached() && System.console() != null && shell.in().available() == 0;
        } catch (IOException closed) {
            return false;
        }
    }

    private Diagnosis read(String file) {
        LogScanner scanner = new LogScanner(
                InstantSource.system().instant().atOffset(ZoneOffset.UTC).toLocalDate());
        try {
            if (file.equals("-")) {
                return scanner.scan(shell.in());
            }
            Path path = Path.of(file);
            if (Files.isDirectory(path)) {
                throw new UsageException(file + " is a directory; give a file, or - for standard input");
            }
            try (InputStream in = Files.newInputStream(path)) {
                return scanner.scan(in);
            }
        } catch (NoSuchFileException e) {
            throw new UsageException(file + " does not exist; give a file, or - for standard input", e);
        } catch (IOException | java.nio.file.InvalidPathException e) {
            throw new UsageException(
                    (file.equals("-") ? "standard input" : file) + " cannot be read; check its path and permissions",
                    e);
        }
    }
}
