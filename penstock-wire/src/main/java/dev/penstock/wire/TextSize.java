package dev.penstock.wire;

/**
 * How much text there is, by how densely tokenizers pack it. Counted in UTF-16 units, so a character outside the basic
 * plane (most emoji) counts twice.
 *
 * @param ascii characters below U+0080
 * @param alphabetic other characters of alphabets: accented Latin, Greek, Cyrillic, Hebrew, Arabic, Indic scripts
 * @param wide characters that are about a token each: Chinese, Japanese, Korean, symbols, emoji
 */
public record TextSize(long ascii, long alphabetic, long wide) {
    static final TextSize NONE = new TextSize(0, 0, 0);
    private static final char FIRST_WIDE = '\u2000';

    public TextSize {
        if (ascii < 0 || alphabetic < 0 || wide < 0) {
            throw new IllegalArgumentException(
                    "text of " + ascii + ", " + alphabetic + ", " + wide + " characters; no count may be negative");
        }
    }

    /** Counts a text. */
    public static TextSize of(String text) {
        Counter counter = new Counter();
        char[] chars = text.toCharArray();
        counter.add(chars, 0, chars.length);
        return counter.size();
    }

    /** All UTF-16 units. */
    public long characters() {
        return ascii + alphabetic + wide;
    }

    /**
     * Tokens that this text has at most in most languages: a quarter for each ASCII character (the rule of thumb that
     * the provider documents for English), a half for those of other alphabets, one for wide ones.
     */
    public long estimatedTokens() {
        return (ascii + 2 * alphabetic + 4 * wide + 3) / 4;
    }

    /** Adds texts up. Single-owner. */
    static final class Counter implements TextSink {
        private long ascii;
        private long alphabetic;
        private long wide;

        @Override
        public void add(char[] chars, int offset, int length) {
            int beyondAscii = 0;
            int beyondAlphabets = 0;
            for (int i = offset; i < offset + length; i++) {
                char c = chars[i];
                // Branch-free, since texts mix scripts.
                beyondAscii += (0x7f - c) >>> 31;
                beyondAlphabets += (FIRST_WIDE - 1 - c) >>> 31;
            }
            ascii += length - beyondAscii;
            alphabetic += beyondAscii - beyondAlphabets;
            wide += beyondAlphabets;
        }

        TextSize size() {
            return new TextSize(ascii, alphabetic, wide);
        }
    }
}
