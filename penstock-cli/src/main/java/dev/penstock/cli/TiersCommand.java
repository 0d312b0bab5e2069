package dev.penstock.cli;

import dev.penstock.wire.ModelFamily;
import dev.penstock.wire.Spelling;
import dev.penstock.wire.TierRow;
import dev.penstock.wire.TierTable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows the limits that sources state for models and tiers. */
@Command(
        name = "tiers",
        description = "Show the limits of models by tier.",
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        optionListHeading = "%n")
final class TiersCommand implements Callable<Integer> {
    private final Shell shell;

    @Parameters(
            arity = "0..1",
            paramLabel = "MODEL",
            description = "A model, for example gpt-4o-mini; all if left out.")
    private Optional<String> model = Optional.empty();

    @Option(
            names = "--tiers",
            paramLabel = "FILE",
            description =
                    "Your own limits as CSV with the columns family, tier and any of rpm, rpd, tpm, tpd; they win.")
    private Optional<Path> tiers = Optional.empty();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    TiersCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        TierTable table = tiers.map(TierTable.builtIn()::overriddenBy).orElseGet(TierTable::builtIn);
        List<TierRow> rows = new ArrayList<>(table.rows());
        if (model.isPresent()) {
            String family = ModelFamily.of(model.get());
            rows.removeIf(row -> !row.family().equals(family));
            if (rows.isEmpty()) {
                Set<String> families = new LinkedHashSet<>();
                table.rows().forEach(row -> families.add(row.family()));
                throw new UsageException("no limits are known for " + model.get() + "; "
                        + Spelling.nearest(family, families)
                                .map(near -> "did you mean " + near + "?")
                                .orElse("known models are " + String.join(", ", families)));
            }
        }
        boolean several = rows.stream().anyMatch(row -> !counts(table, row));
        Columns columns = new Columns(List.of(
                "model",
                "tier",
                ">requests/min",
                ">requests/day",
                ">tokens/min",
                ">tokens/day",
                ">batch queue",
                "source",
                "requires"));
        for (TierRow row : rows) {
            columns.add(List.of(
                    row.family(),
                    row.tier(),
                    figure(row.requestsPerMinute()),
                    figure(row.requestsPerDay()),
                    figure(row.tokensPerMinute()),
                    figure(row.tokensPerDay()),
                    figure(row.batchQueueTokens()),
                    row.source()
                            + (row.date().isEmpty() ? "" : " (" + row.date() + ")")
                            + (counts(table, row) ? "" : " *"),
                    model.isEmpty() || row.requires().isEmpty() ? "-" : row.requires()));
        }
        columns.print(shell.out());
        if (several) {
            shell.out().println();
            shell.out().println("* Sources differ; the row that stands above for the same model and tier counts.");
        }
        return ExitCode.OK;
    }

    private static boolean counts(TierTable table, TierRow row) {
        return table.find(row.family(), row.tier())
                .filter(found -> found == row)
                .isPresent();
    }

    private static String figure(OptionalLong amount) {
        return amount.isPresent() ? Figures.count(amount.getAsLong()) : "-";
    }
}
