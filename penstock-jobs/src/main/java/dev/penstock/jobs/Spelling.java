package dev.penstock.jobs;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds what was probably meant. */
final class Spelling {
    private static final int MOST_SHOWN = 20;

    private Spelling() {}

    /** The candidate with the fewest single-character edits (Levenshtein, ignoring case), if it is near enough. */
    static Optional<String> nearest(String given, Collection<String> candidates) {
        String best = null;
        int fewest = Integer.MAX_VALUE;
        for (String candidate : candidates) {
            int edits = edits(given.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
            if (edits < fewest) {
                fewest = edits;
                best = candidate;
            }
        }
        return fewest <= Math.max(1, given.length() / 3) ? Optional.ofNullable(best) : Optional.empty();
    }

    /** The names for a message, shortened when there are many. */
    static String list(Collection<String> names) {
        String shown = String.join(", ", names.stream().limit(MOST_SHOWN).toList());
        return names.size() > MOST_SHOWN ? shown + " and " + (names.size() - MOST_SHOWN) + " more" : shown;
    }

    private static int edits(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replace = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(replace, 1 + Math.min(previous[j], current[j - 1]));
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
