package dev.penstock.cli;

import dev.penstock.cli.ui.UiServer;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Serves the pages until it is interrupted. */
@Command(
        name = "ui",
        description = "Open the simulator as a page: move sliders, and see what each cure makes of the traffic.",
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        optionListHeading = "%n")
final class UiCommand implements Callable<Integer> {
    private static final int MOST_PORT = 65_535;

    private final Shell shell;

    @Option(
            names = "--port",
            paramLabel = "N",
            description = "Port on 127.0.0.1 (default 8432). 0 takes a free one and prints it on standard output.")
    private int port = 8432;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    UiCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (port < 0 || port > MOST_PORT) {
            throw new UsageException("--port is " + port + "; it must be 0 to 65535");
        }
        QuietLogs.unless(shell.debugging());
        CountDownLatch interrupted = new CountDownLatch(1);
        try (Interrupts interrupts = Interrupts.handledBy(interrupted::countDown);
                UiServer server = start()) {
            if (port == 0) {
                shell.out().println(server.port());
                shell.out().flush();
            }
            shell.err().println("The simulator is at " + server.uri() + "  (Ctrl-C stops)");
            interrupted.await();
        }
        return ExitCode.OK;
    }

    private UiServer start() {
        try {
            return UiServer.start(port, new SimulatorPages(shell));
        } catch (UncheckedIOException e) {
            throw new UsageException(String.valueOf(e.getMessage()), e);
        }
    }
}
