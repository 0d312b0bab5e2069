package dev.penstock.gateway.admin;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Values of one label of a metric, of which there may be only so many: each makes new time series, and clients choose some
 * of them. Safe for use by several threads.
 */
final class BoundedLabels {
    /** What stands for all that came after the last place was taken, and for what nobody has confirmed. */
    static final String OTHER = "other";

    private static final String NONE = "none";
    private static final int MOST_CHARACTERS = 80;

    private final int most;
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    BoundedLabels(int most) {
        this.most = most;
    }

    /**
     * The label for a name.
     *
     * @param confirmed whether the name is known to be a real one; only such a name gets a place, so that requests with
     *     made-up names take none away
     */
    String label(String name, boolean confirmed) {
        if (name.isEmpty()) {
            return NONE;
        }
        String label = name.length() > MOST_CHARACTERS ? name.substring(0, MOST_CHARACTERS) : name;
        if (known.contains(label)) {
            return label;
        }
        return confirmed && claim(label) ? label : OTHER;
    }

    private synchronized boolean claim(String label) {
        return known.contains(label) || known.size() < most && known.add(label);
    }
}
