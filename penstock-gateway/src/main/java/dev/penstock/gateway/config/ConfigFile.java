package dev.penstock.gateway.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A configuration file, and the key files that it names, while a gateway runs. The caller asks every second or so what
 * became of it. Whole contents are compared: times of change are too coarse for two changes in a row, and a mounted
 * file may be exchanged without one. Each look reads some kilobytes, so call it where that may take a moment. Not
 * thread-safe.
 */
public final class ConfigFile {
    private final Path file;
    private final Upstream fallback;
    private final SecretSource secrets;
    private GatewayConfig current;
    /** What the last attempt to read saw, whether it was of use or not. */
    private String seen;

    /** A change of which it is not sure yet that it was written to its end. */
    private @Nullable String settling;

    /** Those that the last attempt asked for; only their paths are used again. */
    private Map<Path, Content> keyFiles;

    /** What became of the file since the last time. */
    public sealed interface Check {
        /** Nothing that is to be done. */
        record Unchanged() implements Check {}

        /** Another configuration, or the same one after it had been broken. */
        record Changed(GatewayConfig config) implements Check {}

        /**
         * It cannot be used. The configuration before stays in force. Told once for each content.
         *
         * @param problems never empty
         */
        record Broken(List<ConfigProblem> problems) implements Check {
            public Broken {
                problems = List.copyOf(problems);
            }
        }
    }

    /** What stood in a file; empty with the reason if it could not be read. */
    private record Content(Optional<byte[]> bytes, Optional<IOException> failure) {
        static Content of(Path path, int mostBytes) {
            try (InputStream in = Files.newInputStream(path)) {
                return new Content(Optional.of(in.readNBytes(mostBytes)), Optional.empty());
            } catch (IOException e) {
                return new Content(Optional.empty(), Optional.of(e));
            }
        }

        void addTo(MessageDigest digest) {
            // With its length in front, so that no byte can move from one file to the next unseen.
            digest.update((bytes.map(each -> each.length).orElse(-1) + ":").getBytes(StandardCharsets.UTF_8));
            bytes.ifPresent(digest::update);
        }
    }

    private record Reading(GatewayConfig config, String seen, Map<Path, Content> keyFiles) {}

    private ConfigFile(Path file, Upstream fallback, SecretSource secrets, Reading first) {
        this.file = file;
        this.fallback = fallback;
        this.secrets = secrets;
        this.current = first.config;
        this.seen = first.seen;
        this.keyFiles = first.keyFiles;
    }

    /**
     * Reads a file for the first time.
     *
     * @param fallback the upstream if the file names none
     * @throws ConfigException with everything that is wrong with it, also if it cannot be read
     */
    public static ConfigFile open(Path file, Upstream fallback, SecretSource secrets) {
        Map<Path, Content> keyFiles = new LinkedHashMap<>();
        Content content = Content.of(file, YamlText.MOST_BYTES + 1);
        GatewayConfig config = read(file, content, fallback, remembering(secrets, keyFiles));
        return new ConfigFile(file, fallback, secrets, new Reading(config, digest(content, keyFiles), keyFiles));
    }

    /** The last configuration that was of use. */
    public GatewayConfig current() {
        return current;
    }

    /**
     * Looks again. A change counts once two looks in a row have seen the same, so that nobody acts upon half a file that
     * is just being written.
     */
    public Check check() {
        Content content = Content.of(file, YamlText.MOST_BYTES + 1);
        String now = digest(content, lookAgain(keyFiles));
        if (now.equals(seen)) {
            settling = null;
            return new Check.Unchanged();
        }
        if (!now.equals(settling)) {
            settling = now;
            return new Check.Unchanged();
        }
        settling = null;
        Map<Path, Content> found = new LinkedHashMap<>();
        try {
            current = read(file, content, fallback, remembering(secrets, found));
            return new Check.Changed(current);
        } catch (ConfigException e) {
            return new Check.Broken(e.problems());
        } finally {
            keyFiles = found;
            seen = digest(content, found);
        }
    }

    private static GatewayConfig read(Path file, Content content, Upstream fallback, SecretSource secrets) {
        if (content.bytes.isPresent()) {
            return ConfigReader.read(file, content.bytes.get(), fallback, secrets);
        }
        String why = whyNot(file, content.failure);
        throw new ConfigException(List.of(new ConfigProblem(file.toString(), 0, 0, why)));
    }

    private static String whyNot(Path file, Optional<IOException> failure) {
        if (Files.isDirectory(file)) {
            return "is a folder; give the path of a YAML file such as examples/gateway.yaml";
        }
        if (failure.filter(NoSuchFileException.class::isInstance).isPresent()) {
            return "does not exist; give the path of a YAML file such as examples/gateway.yaml";
        }
        String what = failure.map(each -> each.getClass().getSimpleName()).orElse("no reason given");
        return "cannot be read (" + what + "); it must be a file that the gateway may read";
    }

    /** Key files are read once for each attempt, and what was read is what is compared later. */
    private static SecretSource remembering(SecretSource secrets, Map<Path, Content> found) {
        return new SecretSource() {
            @Override
            public Optional<String> variable(String name) {
                return secrets.variable(name);
            }

            @Override
            public String file(Path path) throws IOException {
                Content content = contentOf(secrets, path);
                found.put(path, content);
                if (content.failure.isPresent()) {
                    throw content.failure.get();
                }
                return new String(content.bytes.orElseThrow(), StandardCharsets.UTF_8);
            }
        };
    }

    private static Content contentOf(SecretSource secrets, Path path) {
        try {
            return new Content(Optional.of(secrets.file(path).getBytes(StandardCharsets.UTF_8)), Optional.empty());
        } catch (IOException e) {
            return new Content(Optional.empty(), Optional.of(e));
        }
    }

    private Map<Path, Content> lookAgain(Map<Path, Content> files) {
        Map<Path, Content> again = new LinkedHashMap<>();
        files.keySet().forEach(path -> again.put(path, contentOf(secrets, path)));
        return again;
    }

    private static String digest(Content content, Map<Path, Content> keyFiles) {
        MessageDigest digest = KeyHash.sha256();
        content.addTo(digest);
        keyFiles.values().forEach(each -> each.addTo(digest));
        return HexFormat.of().formatHex(digest.digest());
    }
}
