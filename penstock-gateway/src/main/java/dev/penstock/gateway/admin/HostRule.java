package dev.penstock.gateway.admin;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which {@code Host} a request may name. A page on the web can make a name of its own point to 127.0.0.1 and then read
 * what is served there as if it were its own; it cannot choose the name that the browser sends.
 */
final class HostRule {
    private static final Pattern HOST = Pattern.compile("(\\[[0-9a-fA-F:.]+]|[^\\[\\]:@/\\s]+)(:[0-9]{1,5})?");
    private static final Pattern LOOPBACK_IPV4 = Pattern.compile("127(\\.[0-9]{1,3}){3}");
    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

    private final String configured;
    private final boolean everyAddress;
    private final Set<String> names;

    HostRule(AdminSettings settings) {
        configured = bare(settings.host().toLowerCase(Locale.ROOT));
        everyAddress = configured.equals("0.0.0.0") || configured.equals("::");
        names = settings.names();
    }

    /** Whether a request with these values of {@code Host} is served; the port does not matter, it may be forwarded. */
    boolean allows(List<String> values) {
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

    private static String bare(String host) {
        if (host.startsWith("[") && host.endsWith("]")) {
            return host.substring(1, host.length() - 1);
        }
        return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    }
}
