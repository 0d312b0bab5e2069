package dev.penstock.gateway.config;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Variables and key files that a test has made up; files go by their last name. */
record GivenSecrets(Map<String, String> variables, Map<String, String> files) implements SecretSource {
    static final GivenSecrets SOME = new GivenSecrets(
            Map.of(
                    "OPENAI_API_KEY", "sk-SECRET-1",
                    "SPARE_API_KEY", "sk-SECRET-2",
                    "EMPTY_VARIABLE", " ",
                    "VARIABLE_WITH_SPACES", "sk-SECRET and more"),
            Map.of(
                    "openai.key",
                    "sk-SECRET-1\n",
                    "openai",
                    "sk-SECRET-3\n",
                    "two-lines.key",
                    "sk-SECRET\nsk-SECRET\n"));

    @Override
    public Optional<String> variable(String name) {
        return Optional.ofNullable(variables.get(name));
    }

    @Override
    public String file(Path path) throws IOException {
        String name = path.getFileName().toString();
        if (name.equals("forbidden.key")) {
            throw new AccessDeniedException(path.toString());
        }
        String text = files.get(name);
        if (text == null) {
            throw new NoSuchFileException(path.toString());
        }
        return text;
    }
}
