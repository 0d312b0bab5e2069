package dev.penstock.benchmarks;

import java.util.List;

/** Prints each figure beside the bound that it must keep, and remembers whether any was missed. */
final class Scorecard {
    private boolean anyMissed;

    /**
     * One bound of a figure.
     *
     * @param text how it is printed, such as {@code ≤ 1.05}
     */
    record Bound(String text, boolean kept) {
        static Bound atMost(String what, double measured, double most, String unit) {
            // A NaN, which a division by nothing gives, keeps no bound.
            return new Bound(what + " ≤ " + plain(most) + unit, measured <= most);
        }

        static Bound atLeast(String what, double measured, double least, String unit) {
            return new Bound(what + " ≥ " + plain(least) + unit, measured >= least);
        }

        static Bound exactly(String what, long measured, long expected) {
            return new Bound(what + " = " + expected, measured == expected);
        }

        private static String plain(double number) {
            return number == Math.rint(number) ? "%,d".formatted((long) number) : Double.toString(number);
        }
    }

    void print(String name, String measured, Bound... bounds) {
        List<Bound> missed =
                List.of(bounds).stream().filter(bound -> !bound.kept()).toList();
        anyMissed |= !missed.isEmpty();
        String verdict = missed.isEmpty() ? "ok" : "MISSED";
        System.out.printf("%-6s  %-46s %s%n        required: %s%n", verdict, name, measured, texts(List.of(bounds)));
        if (!missed.isEmpty()) {
            System.out.println("        missed:   " + texts(missed));
        }
    }

    /** A benchmark that did not come to an end. */
    void broke(String name, String why) {
        anyMissed = true;
        System.out.printf("%-6s  %-46s %s%n", "MISSED", name, why);
    }

    boolean anyMissed() {
        return anyMissed;
    }

    private static String texts(List<Bound> bounds) {
        return String.join(", ", bounds.stream().map(Bound::text).toList());
    }
}
