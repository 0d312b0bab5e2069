package dev.penstock.cli;

import dev.penstock.jobs.JobException;
import dev.penstock.wire.DataFileException;
import java.io.PrintWriter;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command without a subcommand, and what all subcommands share. */
@Command(
        name = "penstock",
        synopsisHeading = "Usage: ",
        customSynopsis = "penstock COMMAND [OPTIONS]",
        description = {"", "Finishes work on LLM APIs as fast as the quota allows, without a single 429.", ""},
        commandListHeading = "Commands:%n",
        optionListHeading = "%nOptions:%n",
        footer = {"", "penstock COMMAND --help tells the options of a command."})
final class Penstock implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the version.")
    private boolean version;

    /**
     * Runs one command line.
     *
     * @return the exit code
     */
    static int run(Shell shell, String... args) {
        PrintWriter out = new PrintWriter(shell.out(), true);
        PrintWriter err = new PrintWriter(shell.err(), true);
        CommandLine line = new CommandLine(new Penstock())
                .addSubcommand("run", new RunCommand(shell))
                .addSubcommand("batch", BatchCommand.line(shell))
                .addSubcommand("gateway", new GatewayCommand(shell))
                .addSubcommand("emulator", new EmulatorCommand(shell))
                .addSubcommand("simulate", new SimulateCommand(shell))
                .addSubcommand("plan", new PlanCommand(shell))
                .addSubcommand("doctor", new DoctorCommand(shell))
                .addSubcommand("diagnose", new DiagnoseCommand(shell))
                .addSubcommand("tiers", new TiersCommand(shell))
                .addSubcommand("ui", new UiCommand(shell));
        line.getCommandSpec().version("penstock " + Version.text());
        readNumbers(line);
        line.setOut(out)
                .setErr(err)
                .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
                .setUsageHelpWidth(100)
                .setParameterExceptionHandler((e, unused) -> misused(shell, e))
                .setExecutionExceptionHandler((e, unused, result) -> failed(shell, e));
        return line.execute(args);
    }

    /** What is the same for every command, also where it is read from elsewhere than a terminal. */
    static void readNumbers(CommandLine line) {
        line.registerConverter(OptionalLong.class, Penstock::number)
                .registerConverter(
                        OptionalInt.class,
                        text -> OptionalInt.of(Math.toIntExact(number(text).getAsLong())));
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCode.USAGE;
    }

    /** Digits may be grouped by underscores, as in the tables of limits. */
    private static OptionalLong number(String text) {
        return OptionalLong.of(Long.parseLong(text.replace("_", "")));
    }

    private static int misused(Shell shell, ParameterException e) {
        CommandLine line = e.getCommandLine();
        shell.error(Misuse.sentence(e));
        shell.err().println("See " + line.getCommandSpec().qualifiedName() + " --help.");
        debug(shell, e);
        return ExitCode.USAGE;
    }

    private static int failed(Shell shell, Exception e) {
        debug(shell, e);
        return switch (e) {
            case UsageException usage -> say(shell, usage, ExitCode.USAGE);
            case JobException job -> say(shell, job, ExitCode.USAGE);
            case DataFileException file -> say(shell, file, ExitCode.USAGE);
            default -> {
                shell.error("something went wrong that should not: "
                        + e.getClass().getSimpleName()
                        + ". This is a defect; PENSTOCK_DEBUG=1 shows where it happened. Answers that were stored are"
                        + " safe, and the same command resumes.");
                yield ExitCode.DEFECT;
            }
        };
    }

    private static int say(Shell shell, Exception e, int code) {
        shell.error(String.valueOf(e.getMessage()));
        return code;
    }

    private static void debug(Shell shell, Exception e) {
        if (shell.debugging()) {
            StackTraces.print(e, shell.err());
        }
    }
}
