package dev.penstock.cli;

import dev.penstock.jobs.BatchList;
import dev.penstock.wire.BatchObject;
import java.net.URI;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists the batches of the account. */
@Command(
        name = "list",
        description = "List the batches of the account, the newest first, and which job each belongs to.",
        synopsisHeading = "Usage: ",
        customSynopsis = "penstock batch list [OPTIONS]",
        descriptionHeading = "%n",
        optionListHeading = "%n",
        sortOptions = false)
final class BatchListCommand implements Callable<Integer> {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(ZoneOffset.UTC);

    private static final int MOST = 100_000;

    private final Shell shell;

    @Option(
            names = "--base-url",
            paramLabel = "URL",
            description = "The API (default: OPENAI_BASE_URL, else https://api.openai.com/v1).")
    private Optional<String> baseUrl = Optional.empty();

    @Option(
            names = "--api-key-env",
            paramLabel = "NAME",
            description = "The environment variable with the API key (default OPENAI_API_KEY).")
    private Optional<String> keyVariable = Optional.empty();

    @Option(names = "--limit", paramLabel = "N", description = "How many to list at most (default 100).")
    private int limit = 100;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    BatchListCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        if (limit < 1 || limit > MOST) {
            throw new UsageException("--limit is " + limit + "; it must be 1 to " + MOST);
        }
        QuietLogs.unless(shell.debugging());
        URI url = ApiAddress.of(shell, "--base-url", baseUrl);
        Optional<String> key = RunOptions.key(shell, keyVariable, url);
        if (key.isPresent()) {
            ApiAddress.warnOfAKeyInTheOpen(shell, url);
        }
        BatchList list = BatchList.read(url, key, Version.text(), limit);
        if (!list.batches().isEmpty()) {
            Columns columns =
                    new Columns(List.of("created (UTC)", "batch", "status", ">rows", ">done", ">failed", "job"));
            for (BatchObject batch : list.batches()) {
                columns.add(List.of(
                        TIME.format(Instant.ofEpochSecond(batch.createdAtSeconds())),
                        batch.id(),
                        batch.status().word().replace('_', ' '),
                        Figures.count(batch.total()),
                        Figures.count(batch.completed()),
                        batch.failed() == 0 ? "-" : Figures.count(batch.failed()),
                        job(batch)));
            }
            columns.print(shell.out());
        } else if (list.trouble().isEmpty()) {
            shell.out().println("There are no batches.");
        }
        list.trouble().ifPresent(trouble -> shell.error(trouble.explanation()));
        return list.trouble().isPresent() ? ExitCode.STOPPED : ExitCode.OK;
    }

    private static String job(BatchObject batch) {
        String job = batch.metadata().get("penstock_job");
        return job == null ? "-" : job + ", part " + batch.metadata().getOrDefault("penstock_part", "?");
    }
}
