package dev.penstock.jobs;

import java.util.Collection;

/** Lists names for messages. */
final class Names {
    private static final int MOST_SHOWN = 20;

    private Names() {}

    /** The names, shortened when there are many. */
    static String list(Collection<String> names) {
        String shown = String.join(", ", names.stream().limit(MOST_SHOWN).toList());
        return names.size() > MOST_SHOWN ? shown + " and " + (names.size() - MOST_SHOWN) + " more" : shown;
    }
}
