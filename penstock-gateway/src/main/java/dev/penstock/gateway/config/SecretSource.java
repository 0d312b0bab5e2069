package dev.penstock.gateway.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Where the keys of upstreams come from, of which a configuration file only names the place. */
public interface SecretSource {
    /** The most bytes of a key file that are read; real keys have less than 200. */
    int MOST_BYTES = 64 << 10;

    /** The value of an environment variable. */
    Optional<String> variable(String name);

    /**
     * The text of a file.
     *
     * @throws IOException if it cannot be read
     */
    String file(Path path) throws IOException;

    /** These variables, and files of the disk. */
    static SecretSource of(Map<String, String> environment) {
        return new SecretSource() {
            @Override
            public Optional<String> variable(String name) {
                return Optional.ofNullable(environment.get(name));
            }

            @Override
            public String file(Path path) throws IOException {
                try (InputStream in = Files.newInputStream(path)) {
                    return new String(in.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
                }
            }
        };
    }
}
