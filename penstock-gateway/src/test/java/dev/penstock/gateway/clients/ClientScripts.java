package dev.penstock.gateway.clients;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs scripts of the official Python and Node.js clients in processes of their own, with the packages that {@code
 * scripts/test-tools} installed. A script learns where the API is as the clients do, from environment variables.
 */
final class ClientScripts {
    /** Paths of scripts from elsewhere, separated as in a class path. They may print what they like. */
    private static final String FOREIGN = "penstock.foreignScripts";

    /** The same for scripts that use files and batches. */
    private static final String FOREIGN_OF_BATCHES = "penstock.foreignBatchScripts";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_QUOTED = 4_000;

    private final Path checkout;
    private final Path tools;

    /** How a script ended. */
    record Run(int exitCode, String out, String err) {
        /** The last line of standard output, which one of our scripts makes its report. */
        JsonNode report() {
            List<String> lines = out.lines().toList();
            try {
                return JSON.readTree(lines.isEmpty() ? "" : lines.getLast());
            } catch (IOException e) {
                throw new AssertionError("the script printed no report: " + this, e);
            }
        }

        /** For failure texts. */
        @Override
        public String toString() {
            return "exit code " + exitCode + ", standard output:\n" + quoted(out) + "\nstandard error:\n" + quoted(err);
        }

        private static String quoted(String text) {
            return text.length() <= MOST_QUOTED ? text : text.substring(0, MOST_QUOTED) + " …";
        }
    }

    private enum Language {
        PYTHON,
        NODE
    }

    ClientScripts() {
        this.checkout = checkout();
        this.tools = checkout.resolve("target/test-tools");
    }

    /** The scripts of this repository that ask for answers at once, by language and name. */
    List<Path> own() {
        return Stream.concat(in("node"), in("python"))
                .filter(path -> !path.endsWith("report.py"))
                .toList();
    }

    /** The scripts of this repository that use files and batches. */
    List<Path> ofBatches() {
        return in("batches").toList();
    }

    private Stream<Path> in(String folder) {
        Path clients = checkout.resolve("penstock-gateway/src/test/clients").resolve(folder);
        try (Stream<Path> all = Files.list(clients)) {
            return all.filter(ClientScripts::isScript).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Scripts from elsewhere that a user named; usually none. */
    List<Path> foreign() {
        return named(FOREIGN);
    }

    /** Scripts from elsewhere that use files and batches. */
    List<Path> foreignOfBatches() {
        return named(FOREIGN_OF_BATCHES);
    }

    private List<Path> named(String property) {
        return Stream.of(System.getProperty(property, "").split(File.pathSeparator, -1))
                .filter(path -> !path.isBlank())
                .map(path -> checkout.resolve(path).normalize())
                .toList();
    }

    /** Why a script cannot run here; empty if it can. */
    Optional<String> missingFor(Path script) {
        String packages = switch (language(script)) {
            case PYTHON -> "python/bin/python";
            case NODE -> "node/node_modules/openai";
        };
        return Files.exists(tools.resolve(packages))
                ? Optional.empty()
                : Optional.of("target/test-tools has no " + packages + "; scripts/test-tools installs it");
    }

    /**
     * Runs a script to its end.
     *
     * @throws AssertionError if it takes longer than {@code patience}
     */
    Run run(Path script, URI baseUrl, Duration patience) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory(tools, "run-");
        try {
            Path out = folder.resolve("out");
            Path err = folder.resolve("err");
            ProcessBuilder builder = new ProcessBuilder(command(script, folder))
                    .directory(folder.toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            environment(builder.environment(), baseUrl);
            Process process = builder.start();
            try {
                boolean ended = process.waitFor(patience.toNanos(), TimeUnit.NANOSECONDS);
                Run run = new Run(ended ? process.exitValue() : -1, Files.readString(out), Files.readString(err));
                if (!ended) {
                    throw new AssertionError(
                            script.getFileName() + " did not end within " + patience.toSeconds() + " s: " + run);
                }
                return run;
            } finally {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().onExit().join();
            }
        } finally {
            delete(folder);
        }
    }

    private List<String> command(Path script, Path folder) throws IOException {
        return switch (language(script)) {
            case PYTHON -> List.of(tools.resolve("python/bin/python").toString(), script.toString());
            case NODE -> {
                // An ES module finds packages beside itself only, so it runs as a copy beside them.
                Path packages = Files.createDirectory(folder.resolve("node_modules"));
                Path linked = tools.resolve("node/node_modules/openai");
                Files.createSymbolicLink(packages.resolve("openai"), linked);
                Path copy = folder.resolve(String.valueOf(script.getFileName()));
                Files.copy(script, copy, StandardCopyOption.REPLACE_EXISTING);
                yield List.of("node", copy.toString());
            }
        };
    }

    private static void environment(Map<String, String> environment, URI baseUrl) {
        environment.keySet().removeIf(name -> {
            String lower = name.toLowerCase(Locale.ROOT);
            return lower.startsWith("openai_") || lower.endsWith("_proxy") || lower.startsWith("python");
        });
        environment.put("OPENAI_BASE_URL", baseUrl.toString());
        environment.put("OPENAI_API_KEY", "any");
        environment.put("PYTHONDONTWRITEBYTECODE", "1");
    }

    private static boolean isScript(Path path) {
        String name = String.valueOf(path.getFileName());
        return name.endsWith(".py") || name.endsWith(".mjs");
    }

    private static Language language(Path script) {
        return String.valueOf(script.getFileName()).endsWith(".py") ? Language.PYTHON : Language.NODE;
    }

    private static Path checkout() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("scripts/test-tools"))) {
            Path parent = folder.getParent();
            if (parent == null) {
                throw new IllegalStateException(
                        "no scripts/test-tools above " + Path.of("").toAbsolutePath());
            }
            folder = parent;
        }
        return folder;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(path);
            }
        }
    }
}
