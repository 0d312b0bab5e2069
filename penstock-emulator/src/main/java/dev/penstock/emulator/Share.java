package dev.penstock.emulator;

import java.util.OptionalDouble;

/** Shares as people write them: {@code 5%} or {@code 0.05}. */
final class Share {
    private Share() {}

    /** The share, 0 to 1; empty when the text is not one. */
    static OptionalDouble parse(String text) {
        String number = text.strip();
        boolean percent = number.endsWith("%");
        try {
            double value = Double.parseDouble(percent ? number.substring(0, number.length() - 1) : number);
            double share = percent ? value / 100 : value;
            return share >= 0 && share <= 1 ? OptionalDouble.of(share) : OptionalDouble.empty();
        } catch (NumberFormatException e) {
            return OptionalDouble.empty();
        }
    }
}
