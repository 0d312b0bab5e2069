package dev.penstock.gateway.transport;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Headers that concern one connection and end with it. Pure. */
final class HopByHop {
    private final Set<String> named;

    private HopByHop(Set<String> named) {
        this.named = named;
    }

    /** @param headers whose {@code Connection} may name further ones */
    static HopByHop of(MultiMap headers) {
        List<String> values = headers.getAll(HttpHeaders.CONNECTION);
        if (values.isEmpty() || values.size() == 1 && isUsual(values.getFirst())) {
            return new HopByHop(Set.of());
        }
        Set<String> named = new HashSet<>();
        for (String value : values) {
            for (String name : value.split(",", -1)) {
                String stripped = name.strip().toLowerCase(Locale.ROOT);
                // Without these two a message means something else.
                if (!stripped.isEmpty() && !stripped.equals("content-length") && !stripped.equals("content-type")) {
                    named.add(stripped);
                }
            }
        }
        return new HopByHop(named);
    }

    private static boolean isUsual(String value) {
        return value.equalsIgnoreCase("keep-alive") || value.equalsIgnoreCase("close");
    }

    boolean holds(String lowerCaseName) {
        return switch (lowerCaseName) {
            case "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade" -> true;
            default -> lowerCaseName.startsWith("proxy-") || named.contains(lowerCaseName);
        };
    }
}
