package dev.penstock.wire;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what was probably meant. Stateless and thread-safe. */
public final class Spelling {
    /** Longer names are no misspelt ones of ours; comparing them would only take time. */
    private static final int LONGEST = 100;

    private Spelling() {}

    /**
     * The candidate with the fewest edits (insert, delete, replace, swap neighbours; case does not count), if it is near
     * enough: one edit for three characters.
     */
    public static Optional<String> nearest(String given, Collection<String> candidates) {
        if (given.length() > LONGEST) {
            return Optional.empty();
        }
        int near = Math.max(1, given.length() / 3);
        return candidates.stream()
                .min(Comparator.comparingInt(candidate -> edits(given, candidate)))
                .filter(best -> edits(given, best) <= near);
    }

    private static int edits(String given, String candidate) {
        String a = given.toLowerCase(Locale.ROOT);
        String b = candidate.toLowerCase(Locale.ROOT);
        int[][] edits = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    edits[i][j] = i + j;
                    continue;
                }
                int replace = edits[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                edits[i][j] = Math.min(replace, 1 + Math.min(edits[i - 1][j], edits[i][j - 1]));
                boolean swapped =
                        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                if (swapped) {
                    edits[i][j] = Math.min(edits[i][j], edits[i - 2][j - 2] + 1);
                }
            }
        }
        return edits[a.length()][b.length()];
    }
}
