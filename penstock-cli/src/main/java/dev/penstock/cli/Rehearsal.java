package dev.penstock.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Runs the commands once, so that the launcher can have the JVM remember the classes that they load. It calls nobody and
 * leaves nothing behind.
 */
public final class Rehearsal {
    private static final int ROWS = 200;

    private Rehearsal() {}

    public static void main(String[] args) throws IOException {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        Shell shell = new Shell(nowhere, nowhere, name -> Optional.empty(), false);
        Main.main(new String[] {"--version"});
        for (String[] line : new String[][] {{"--help"}, {"run", "--help"}, {"emulator", "--help"}, {"tiers"}}) {
            Penstock.run(shell, line);
        }
        Path folder = Files.createTempDirectory("penstock");
        try {
            Path input = folder.resolve("rows.csv");
            Files.writeString(input, "n,question\n" + "7,How much is it?\n".repeat(ROWS));
            Penstock.run(shell, "plan", input.toString(), "--prompt", "{{question}} {{n}}", "--model", "gpt-4o-mini");
            Penstock.run(
                    shell,
                    "run",
                    input.toString(),
                    "-o",
                    folder.resolve("answers.csv").toString(),
                    "--prompt",
                    "{{question}} {{n}}",
                    "--model",
                    "gpt-4o-mini",
                    "--emulate",
                    EmulatorOptions.UNLIMITED,
                    "--emulate-latency",
                    "10ms");
        } finally {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }
}
