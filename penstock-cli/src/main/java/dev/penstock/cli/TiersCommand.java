package dev.penstock.cli;

import dev.penstock.limit.Limit;
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

/** Shows the limits that sources state for models and tiers, or which tier carries a load. */
@Command(
        name = "tiers",
        description = {
            "Show the limits of models by tier, with the source and date of each figure; or, with --rpm, --tpm or --rpd, which tier"
                    + " carries that."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        optionListHeading = "%n",
        sortOptions = false)
final class TiersCommand implements Callable<Integer> {
    private final Shell shell;

    @Parameters(
            arity = "0..1",
            paramLabel = "MODEL",
            description = "A model, for example gpt-4o-mini; all if left out.")
    private Optional<String> model = Optional.empty();

    @Option(names = "--rpm", paramLabel = "N", description = "Requests a minute that are needed, minute after minute.")
    private OptionalLong requestsPerMinute = OptionalLong.empty();

    @Option(
            names = "--tpm",
            paramLabel = "N",
            description = "Tokens a minute that are needed: input, and the maximum output of each request.")
    private OptionalLong tokensPerMinute = OptionalLong.empty();

    @Option(names = "--rpd", paramLabel = "N", description = "Requests a day that are needed.")
    private OptionalLong requestsPerDay = OptionalLong.empty();

    @Option(
            names = "--tiers",
            paramLabel = "FILE",
            description =
                    "Your own limits as CSV with the columns family, tier and any of rpm, rpd, tpm, tpd; they win.")
    private Optional<Path> tiers = Optional.empty();

    @Option(names = "--json", description = "Print a JSON object for programs.")
    private boolean json;

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
                throw unknown(family, table);
            }
        }
        List<Limit> needs = Caps.of(requestsPerMinute, requestsPerDay, tokensPerMinute);
        int width = Screen.widthOrElse(shell, 100);
        if (json) {
            shell.out().println(TiersJson.of(table, rows, needs));
        } else if (needs.isEmpty()) {
            new TiersReport(table, rows, model, width).print(shell.out());
        } else {
            new NeedsReport(table, rows, needs, model, width).print(shell.out());
        }
        return ExitCode.OK;
    }

    private UsageException unknown(String family, TierTable table) {
        Set<String> families = new LinkedHashSet<>();
        table.rows().forEach(row -> families.add(row.family()));
        return new UsageException("no limits are known for " + model.orElse(family) + "; "
                + Spelling.nearest(family, families)
                        .map(near -> "did you mean " + near + "?")
                        .orElse("known models are " + String.join(", ", families)));
    }
}
