package dev.penstock.benchmarks;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Which versions of other libraries a comparison ran with. */
final class ComparedLibraries {
    private ComparedLibraries() {}

    /** The names of the files that these types come from, which hold the versions. */
    static String of(Class<?>... types) {
        return Arrays.stream(types).map(ComparedLibraries::file).collect(Collectors.joining(", "));
    }

    private static String file(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null) {
            return type.getName();
        }
        try {
            String name = Path.of(source.getLocation().toURI()).getFileName().toString();
            return name.endsWith(".jar") ? name.substring(0, name.length() - ".jar".length()) : name;
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the place of " + type + " cannot be read", e);
        }
    }
}
