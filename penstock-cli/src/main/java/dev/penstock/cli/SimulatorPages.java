package dev.penstock.cli;

import dev.penstock.cli.ui.Drawing;
import dev.penstock.cli.ui.Pages;
import dev.penstock.simulator.Scenario;
import dev.penstock.simulator.strategy.Strategies;
import dev.penstock.wire.TierTable;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** What the pages show, computed as the commands compute it. Thread-safe. */
final class SimulatorPages implements Pages {
    private final Shell shell;

    SimulatorPages(Shell shell) {
        this.shell = shell;
    }

    @Override
    public TierTable tiers() {
        return TierTable.builtIn();
    }

    @Override
    public String simulate(List<String> arguments) {
        SimulateCommand command = new SimulateCommand(shell);
        try {
            CommandLine line = new CommandLine(command);
            Penstock.readNumbers(line);
            var unused = line.parseArgs(arguments.toArray(String[]::new));
            if (command.log.isPresent()
                    || command.tiers.isPresent()
                    || command.prices.isPresent()
                    || command.html.isPresent()
                    || command.plot.isPresent()) {
                throw new IllegalArgumentException(
                        "A page reads and writes no files; use penstock simulate in a terminal.");
            }
            Scenario scenario = SimulateOptions.scenario(command);
            return Drawing.of(scenario, command.strategies.isEmpty() ? Strategies.names() : command.strategies);
        } catch (ParameterException e) {
            throw new IllegalArgumentException(Misuse.sentence(e), e);
        } catch (UsageException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
