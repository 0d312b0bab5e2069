package dev.penstock.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "run")
final class RunCommand implements Callable<Integer> {
    RunCommand(Shell shell) {}

    @Override
    public Integer call() {
        return 0;
    }
}
