package dev.penstock.jobs.plan;

/** Adds up what files say, which may be absurd. */
final class Sums {
    private Sums() {}

    /** The sum of two counts that are not negative, or the largest there is. */
    static long plus(long a, long b) {
        long sum = a + b;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }
}
