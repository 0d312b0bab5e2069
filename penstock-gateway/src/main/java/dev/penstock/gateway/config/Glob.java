package dev.penstock.gateway.config;

import dev.penstock.wire.ModelFamily;
import java.util.List;

/**
 * A pattern of names in which {@code *} stands for any characters, also none, and everything else for itself. Case
 * counts. Immutable and thread-safe.
 */
public record Glob(String pattern) {
    private static final char ANY = '*';

    private static final String FINE_TUNED = "ft:";

    /** Whether all of the name is like the pattern; takes at most length of name × length of pattern steps. */
    public boolean matches(String name) {
        int at = 0;
        int in = 0;
        int lastStar = -1;
        int resumeAt = 0;
        while (at < name.length()) {
            if (in < pattern.length() && pattern.charAt(in) == ANY) {
                lastStar = in++;
                resumeAt = at;
            } else if (in < pattern.length() && pattern.charAt(in) == name.charAt(at)) {
                in++;
                at++;
            } else if (lastStar >= 0) {
                // The last star takes one character more. Earlier ones need not: the shortest they can take is enough.
                in = lastStar + 1;
                at = ++resumeAt;
            } else {
                return false;
            }
        }
        while (in < pattern.length() && pattern.charAt(in) == ANY) {
            in++;
        }
        return in == pattern.length();
    }

    /**
     * Whether one of the patterns matches the model or, so that dated snapshots go with their family, its family. A
     * fine-tuned model is matched by its whole name only: who may use a family may not thereby use what others trained.
     *
     * @param patterns empty to allow every model
     */
    static boolean allow(List<String> patterns, String model) {
        if (patterns.isEmpty()) {
            return true;
        }
        String family = model.startsWith(FINE_TUNED) ? model : ModelFamily.of(model);
        for (String each : patterns) {
            Glob glob = new Glob(each);
            if (glob.matches(model) || glob.matches(family)) {
                return true;
            }
        }
        return false;
    }
}
