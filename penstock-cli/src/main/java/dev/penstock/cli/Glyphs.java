package dev.penstock.cli;

import java.nio.charset.Charset;

/** The few characters beyond ASCII that screens use, and what stands for them where they cannot be shown. */
record Glyphs(String full, String empty, String dot, String times, String marker, String arrow, String dash) {
    private static final Glyphs UNICODE = new Glyphs("█", "░", "·", "×", "◀", "→", "–");
    private static final Glyphs ASCII = new Glyphs("#", ".", "|", "x", "<", "->", "-");

    static Glyphs of(Charset charset) {
        return charset.canEncode() && charset.newEncoder().canEncode("█░·×◀→–") ? UNICODE : ASCII;
    }

    /** A bar of a width in columns. */
    String bar(double share, int width) {
        int filled = (int) Math.round(Math.clamp(share, 0, 1) * width);
        if (share > 0 && filled == 0) {
            filled = 1;
        }
        if (share < 1 && filled == width) {
            filled = width - 1;
        }
        return full.repeat(filled) + empty.repeat(width - filled);
    }
}
