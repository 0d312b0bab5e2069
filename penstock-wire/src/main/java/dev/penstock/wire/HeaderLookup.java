package dev.penstock.wire;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads headers of one answer by name. Names are case-insensitive. This is how the wire sees the headers of whatever
 * HTTP stack is in use, without copying them.
 *
 * <p>A lookup is as thread-safe as the headers behind it; those of {@link #of} and {@link #none} are immutable.
 */
@FunctionalInterface
public interface HeaderLookup {
    /** The first value of a header, or null if the answer does not carry it. */
    @Nullable
    String first(String name);

    /** Looks up in a copy of a map. If two names differ in case alone, the one that the map lists last wins. */
    static HeaderLookup of(Map<String, String> headers) {
        TreeMap<String, String> byName = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        byName.putAll(headers);
        return byName::get;
    }

    /** An answer without headers. */
    static HeaderLookup none() {
        return name -> null;
    }
}
