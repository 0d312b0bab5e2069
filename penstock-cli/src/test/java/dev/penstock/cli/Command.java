package dev.penstock.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** The command as a process of its own, which signals can be sent to. */
final class Command implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final Duration LOOK_EVERY = Duration.ofMillis(10);

    private final Process process;
    private final Path err;
    private final BufferedReader out;

    private Command(Process process, Path err) {
        this.process = process;
        this.err = err;
        this.out = process.inputReader(StandardCharsets.UTF_8);
    }

    /** @param folder its working directory, where its standard error is kept too */
    static Command start(Path folder, String... args) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        line.addAll(List.of(args));
        Path err = folder.resolve("standard-error");
        ProcessBuilder builder =
                new ProcessBuilder(line).directory(folder.toFile()).redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> {
            String upper = name.toUpperCase(Locale.ROOT);
            return upper.startsWith("OPENAI_") || upper.startsWith("PENSTOCK_");
        });
        return new Command(builder.start(), err);
    }

    /** The next line of standard output, waited for until the test's own limit; fails if there is none. */
    String line() throws IOException {
        String line = out.readLine();
        if (line == null) {
            throw new AssertionError("nothing more on standard output; standard error:\n" + err());
        }
        return line;
    }

    String err() {
        try {
            return Files.readString(err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void untilErrContains(String text) {
        until("standard error contains: " + text, () -> err().contains(text));
    }

    /** @param name INT or TERM */
    void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .inheritIO()
                .start();
        if (kill.waitFor() != 0) {
            throw new AssertionError("signal " + name + " could not be sent; standard error:\n" + err());
        }
    }

    /** The exit code of a command that must end by itself soon. */
    int exitCode() throws InterruptedException {
        if (!process.waitFor(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
            throw new AssertionError("it did not end; standard error:\n" + err());
        }
        return process.exitValue();
    }

    /** Whether it ends by itself within a time, for who wants to kill it at a moment of their own. */
    boolean endsWithin(long millis) throws InterruptedException {
        return process.waitFor(millis, TimeUnit.MILLISECONDS);
    }

    /** Waits for what must come to hold soon. */
    void until(String what, BooleanSupplier holds) {
        long looks = PATIENCE.dividedBy(LOOK_EVERY);
        for (long i = 0; i < looks; i++) {
            if (holds.getAsBoolean()) {
                return;
            }
            LockSupport.parkNanos(LOOK_EVERY.toNanos());
        }
        throw new AssertionError("it did not come to be that " + what + "; standard error:\n" + err());
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
