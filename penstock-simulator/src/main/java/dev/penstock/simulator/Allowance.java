package dev.penstock.simulator;

import dev.penstock.emulator.limiter.Shape;
import dev.penstock.limit.Limit;

/**
 * What a limit of some shape can give at most in a stretch of time, and the least time for an amount, whoever asks for it
 * how cleverly. Times are nanoseconds from the beginning, when nothing is in use.
 */
sealed interface Allowance {
    /** The most units that can be admitted from one moment to another, both included. */
    double most(long fromNanos, long toNanos);

    /** The earliest moment, from this one on, at which the last of so many units can be admitted. */
    double earliestNanos(long fromNanos, double units);

    /**
     * @param largest the largest amount that one request takes: a bucket that is full passes one that is larger
     */
    static Allowance of(Shape shape, Limit limit, long largest) {
        long window = limit.dimension().window().toNanos();
        return switch (shape) {
            case Shape.WholeWindowBucket bucket -> new Refilled(limit.amount(), (double) limit.amount() / window);
            case Shape.ShallowBucket bucket -> {
                double perNano = (double) limit.amount() / window;
                yield new Refilled(
                        Math.max(largest, perNano * bucket.depthOf(limit).toNanos()), perNano);
            }
            case Shape.Sliding sliding -> new Windows(limit.amount(), window);
            case Shape.Fixed fixed ->
                new Aligned(limit.amount(), window, Math.floorMod(fixed.phase().toNanos(), window));
        };
    }

    /** A bucket. */
    record Refilled(double burst, double perNano) implements Allowance {
        @Override
        public double most(long fromNanos, long toNanos) {
            return burst + perNano * (toNanos - fromNanos);
        }

        @Override
        public double earliestNanos(long fromNanos, double units) {
            return fromNanos + Math.max(0, (units - burst) / perNano);
        }
    }

    /** So much in any window. */
    record Windows(long amount, long window) implements Allowance {
        @Override
        public double most(long fromNanos, long toNanos) {
            return (double) amount * ((toNanos - fromNanos) / window + 1);
        }

        @Override
        public double earliestNanos(long fromNanos, double units) {
            return fromNanos + (double) window * Math.max(0, Math.ceil(units / amount) - 1);
        }
    }

    /** So much from one fixed time to the next. */
    record Aligned(long amount, long window, long phase) implements Allowance {
        @Override
        public double most(long fromNanos, long toNanos) {
            return (double) amount * (number(toNanos) - number(fromNanos) + 1);
        }

        @Override
        public double earliestNanos(long fromNanos, double units) {
            double more = Math.ceil(units / amount) - 1;
            return more <= 0 ? fromNanos : (number(fromNanos) + more) * window + phase;
        }

        private long number(long atNanos) {
            return Math.floorDiv(atNanos - phase, window);
        }
    }
}
