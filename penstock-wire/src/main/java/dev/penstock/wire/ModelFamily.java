package dev.penstock.wire;

/**
 * The family whose limits and prices a model shares. Snapshots draw on the quota of their family: refusals say
 * {@code Rate limit reached for gpt-4o-2024-08-06 (for limit gpt-4o)}.
 */
public final class ModelFamily {
    private static final String FINE_TUNED = "ft:";

    private ModelFamily() {}

    /**
     * The family of a model name: without {@code ft:} and what follows the base model, and without the snapshot's date
     * ({@code -2024-08-06}, or {@code -0613} of the early gpt models). Other names are returned unchanged.
     */
    public static String of(String model) {
        String name = model;
        if (name.startsWith(FINE_TUNED)) {
            int end = name.indexOf(':', FINE_TUNED.length());
            name = name.substring(FINE_TUNED.length(), end < 0 ? name.length() : end);
        }
        if (endsLike(name, "-0000-00-00")) {
            return name.substring(0, name.length() - 11);
        }
        if (name.startsWith("gpt-") && endsLike(name, "-0000") && name.length() > "gpt-0000".length()) {
            return name.substring(0, name.length() - 5);
        }
        return name;
    }

    /** Whether a name ends like a pattern, in which 0 stands for any digit. */
    private static boolean endsLike(String name, String pattern) {
        int offset = name.length() - pattern.length();
        if (offset <= 0) {
            return false;
        }
        for (int i = 0; i < pattern.length(); i++) {
            char c = name.charAt(offset + i);
            if (pattern.charAt(i) == '0' ? c < '0' || c > '9' : c != pattern.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
