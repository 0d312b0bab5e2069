package dev.penstock.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The steps of a job in batches, one by one. */
@Command(
        name = "batch",
        description = "Run a file through the Batch API step by step, at half the price.",
        synopsisHeading = "Usage: ",
        customSynopsis = "penstock batch COMMAND [OPTIONS]",
        descriptionHeading = "%n",
        commandListHeading = "%nCommands:%n",
        optionListHeading = "%nOptions:%n",
        footer = {"", "'penstock run --via batch' does all of it at once."})
final class BatchCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    private BatchCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(Shell shell) {
        CommandLine line = new CommandLine(new BatchCommand());
        line.addSubcommand("submit", verb(shell, BatchVerb.SUBMIT));
        line.addSubcommand("status", new BatchStatusCommand(shell));
        line.addSubcommand("wait", verb(shell, BatchVerb.WAIT));
        line.addSubcommand("fetch", verb(shell, BatchVerb.FETCH));
        line.addSubcommand("cancel", verb(shell, BatchVerb.CANCEL));
        line.addSubcommand("list", new BatchListCommand(shell));
        return line;
    }

    private static CommandLine verb(Shell shell, BatchVerb verb) {
        CommandLine line = new CommandLine(new RunCommand(shell, Optional.of(verb)));
        CommandSpec spec = line.getCommandSpec();
        spec.name(verb.word());
        UsageMessageSpec usage = spec.usageMessage();
        usage.description(
                verb.description(), "INPUT and options are those of 'penstock run', and the same in each step.");
        usage.customSynopsis("penstock batch " + verb.word() + " INPUT -o OUTPUT [OPTIONS]");
        List<String> footer = new ArrayList<>(Arrays.asList(usage.footer()));
        footer.set(0, "  0    " + verb.success());
        if (verb == BatchVerb.FETCH) {
            footer.add(footer.size() - 1, "  5    all that is over is fetched, and rows are still open");
        }
        usage.footer(footer.toArray(String[]::new));
        return line;
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCode.USAGE;
    }
}
