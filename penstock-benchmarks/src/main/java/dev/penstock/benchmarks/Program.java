package dev.penstock.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Another process: as a rule the {@code penstock} command as its users start it. */
final class Program implements AutoCloseable {
    private static final Pattern GENERATION =
            Pattern.compile("(?i)(?:new|tenured)[a-z ]*\\s+total \\d+K, used (\\d+)K");

    private final Process process;

    private Program(Process process) {
        this.process = process;
    }

    /** Starts {@code ./penstock ARGUMENTS}; what it says goes to {@code log}, or nowhere. */
    static Program start(Path root, Path log, Map<String, String> environment, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(root.resolve("penstock").toString());
        command.addAll(Arrays.asList(arguments));
        return startCommand(root, log, environment, command);
    }

    /** Starts any command; what it says on standard error goes to {@code log}. */
    static Program startCommand(Path directory, Path log, Map<String, String> environment, List<String> command)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().putAll(environment);
        builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        return new Program(builder.start());
    }

    /** Starts a main class of these benchmarks on the JVM options that {@code ./penstock gateway} has. */
    static Program startJava(Path directory, Path log, Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(Arrays.asList(arguments));
        return startCommand(directory, log, Map.of(), command);
    }

    /** Reads the port, which is the last word of the first line of its standard output. */
    int port() throws IOException {
        String line = firstLine().strip();
        try {
            return Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1));
        } catch (NumberFormatException e) {
            throw new IOException("a process did not say its port in its first line, which is '" + line + "'", e);
        }
    }

    /** Reads the first line of its standard output. */
    String firstLine() throws IOException {
        var reader = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = reader.readLine();
        if (line == null) {
            throw new IOException("a process ended without a word");
        }
        return line;
    }

    /** Everything it writes to standard output until it ends. */
    String output() throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    int waitFor(Duration atMost) throws InterruptedException {
        if (!process.waitFor(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException("a process did not end within " + atMost);
        }
        return process.exitValue();
    }

    /** kill -9. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    boolean alive() {
        return process.isAlive();
    }

    /** Collects its garbage, so that its GC log tells what is alive; nothing happens where it has just ended. */
    void collectGarbage() throws IOException, InterruptedException {
        String unused = jcmd("GC.run");
    }

    /** Bytes of its heap that are in use after full collections. The process must use the serial collector. */
    long liveHeapBytes() throws IOException, InterruptedException {
        // The first collection lets go of what is freed after a collection only, such as what cleaners hold.
        collectGarbage();
        collectGarbage();
        Matcher used = GENERATION.matcher(jcmd("GC.heap_info"));
        long kibibytes = 0;
        int generations = 0;
        while (used.find()) {
            kibibytes += Long.parseLong(used.group(1));
            generations++;
        }
        if (generations != 2) {
            throw new IOException("jcmd GC.heap_info told of " + generations + " generations instead of two");
        }
        return kibibytes << 10;
    }

    private String jcmd(String order) throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(process.pid()),
                        order)
                .redirectErrorStream(true)
                .start();
        String said = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!jcmd.waitFor(30, TimeUnit.SECONDS)) {
            jcmd.destroyForcibly();
        }
        return said;
    }

    /** CPU time that it and its own children have used so far. */
    Duration cpu() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .map(one -> one.info().totalCpuDuration().orElse(Duration.ZERO))
                .reduce(Duration.ZERO, Duration::plus);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
