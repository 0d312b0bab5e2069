package dev.penstock.gateway.admin;

import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where the admin pages are.
 *
 * @param host address to listen on
 * @param port 0 for any free one
 * @param names host names under which the pages may be asked for, beside loopback and {@code host}
 * @param clientBaseUrl what clients of the gateway set as their base URL; the page shows it
 */
public record AdminSettings(String host, int port, Set<String> names, URI clientBaseUrl) {
    private static final int MOST_PORT = 65_535;

    public AdminSettings {
        if (port < 0 || port > MOST_PORT) {
            throw new IllegalArgumentException(
                    "admin port is " + port + "; it must be 0 (any free one) to " + MOST_PORT);
        }
        names = names.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
    }

    /** Only for this machine. */
    public static AdminSettings loopback(int port, URI clientBaseUrl) {
        return new AdminSettings("127.0.0.1", port, Set.of(), clientBaseUrl);
    }
}
