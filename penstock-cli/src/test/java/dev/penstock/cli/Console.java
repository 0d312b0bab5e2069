package dev.penstock.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/** Runs command lines as a shell would and keeps what they print. */
final class Console {
    /** A key as they look; it may never come out again anywhere. */
    static final String KEY = "sk-proj-TestOnly0123456789abcdefABCDEF";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Map<String, String> environment;

    Console(Map<String, String> environment) {
        this.environment = environment;
    }

    static Console withKey() {
        return new Console(Map.of("OPENAI_API_KEY", KEY));
    }

    static Console bare() {
        return new Console(Map.of());
    }

    int run(String... args) {
        out.reset();
        err.reset();
        return Penstock.run(shell(), args);
    }

    Shell shell() {
        return new Shell(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                name -> Optional.ofNullable(environment.get(name)),
                false);
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
