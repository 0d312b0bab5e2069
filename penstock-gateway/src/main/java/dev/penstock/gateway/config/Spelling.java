package dev.penstock.gateway.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what was probably meant. */
final class Spelling {
    /** Longer names are no misspelt ones of ours; comparing them would only take time. */
    private static final int LONGEST = 40;

    private Spelling() {}

    /** The candidate with the fewest single-character edits (Levenshtein, ignoring case), if it is near enough. */
    static Optional<String> nearest(String given, Collection<String> candidates) {
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
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
