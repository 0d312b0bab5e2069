package dev.penstock.gateway.transport;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which {@code Host} a request may name. A page on the web can make a name of its own point to 127.0.0.1 and then read
 * what is served there as if it were its own; it cannot choose the name that the browser sends.
 *
 * <p>Immutable and thread-safe.
 */
public final class HostRule {
    private static final Pattern HOST = Pattern.compile("(\\[[0-9a-fA-F:.]+]|[^\\[\\]:@/\\s]+)(:[0-9]{1,5})?");
    private static final Pattern LOOPBACK_IPV4 = Pattern.compile("127(\\.[0-9]{1,3}){3}");
    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

    private final String configured;
    private final boolean everyAddress;
    private final Set<String> names;

    /**
     * @param listening the address that is listened on
     * @param names further names that are served
     */
    public HostRule(String listening, Set<String> names) {
        this.configured = bare(listening.toLowerCase(Locale.ROOT));
        this.everyAddress = configured.equals("0.0.0.0") || configured.equals("::");
        this.names = Set.copyOf(names);
    }

    /** Whether a request with these values of {@code Host} is served; the port does not matter, it may be forwarded. */
    public boolean allows(List<String> values) {
        if (values.size() != 1) {
            return false;
        }
        var parts = HOST.matcher(values.getFirst());
        if (!parts.matches()) {
            return false;
        }
        String given = parts.group(1).toLowerCase(Locale.ROOT);
        boolean sixth = given.startsWith("[");
        String host = bare(given);
        return host.equals("localhost")
                || host.equals("::1")
                || LOOPBACK_IPV4.matcher(host).matches()
                || host.equals(configured)
                || names.contains(host)
                // An address is not a name that somebody could point elsewhere.
                || everyAddress && (sixth || IPV4.matcher(host).matches());
    }

    /** Whether a page of this {@code Origin} may ask: one that could be asked for here itself. */
    public boolean allowsOrigin(String origin) {
        int scheme = origin.indexOf("://");
        return scheme > 0 && allows(List.of(origin.substring(scheme + 3)));
    }

    private static String bare(String host) {
        if (host.startsWith("[") && host.endsWith("]")) {
            return host.substring(1, host.length() - 1);
        }
        return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    }
}
