package dev.penstock.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** P8: what holds for every bucket, checked against exact arithmetic. The seed is the name of the failing case. */
final class TokenBucketLaws {
    static LongStream seeds() {
        return LongStream.range(0, 200);
    }

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /** Level as a fraction with the denominator {@code window}, so that nothing is ever rounded. */
    private static final class ExactBucket {
        private final BigInteger limit;
        private final BigInteger window;
        private BigInteger level; // units x window
        private long at;

        ExactBucket(long limit, long window, long now) {
            this.limit = BigInteger.valueOf(limit);
            this.window = BigInteger.valueOf(window);
            this.level = this.limit.multiply(this.window);
            this.at = now;
        }

        void advance(long now) {
            if (now - at > 0) {
                BigInteger full = limit.multiply(window);
                level = level.add(limit.multiply(BigInteger.valueOf(now - at))).min(full);
                at = now;
            }
        }

        boolean fits(long amount) {
            return level.compareTo(BigInteger.valueOf(amount).multiply(window)) >= 0;
        }

        void take(long amount) {
            level = level.subtract(BigInteger.valueOf(amount).multiply(window));
        }
    }

    private record Sample(long limit, long window, long start) {
        static Sample from(RandomGenerator random) {
            long[] windows = {1_000_000_000L, 60_000_000_000L, 86_400_000_000_000L};
            long limit = 1 + random.nextLong(random.nextBoolean() ? 20 : 30_000_000);
            // Origins near the wrap-around of the monotonic clock show comparisons that are wrong there.
            long start = random.nextBoolean()
                    ? Long.MAX_VALUE - random.nextLong(1_000_000_000L)
                    : -random.nextLong(1L << 40);
            return new Sample(limit, windows[random.nextInt(windows.length)], start);
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void p8WhatIsAdmittedFitsTheExactBucketToo(long seed) {
        RandomGenerator random = random(seed);
        Sample sample = Sample.from(random);
        var bucket = new TokenBucket(sample.limit, sample.window, sample.start);
        var exact = new ExactBucket(sample.limit, sample.window, sample.start);
        long now = sample.start;
        for (int i = 0; i < 300; i++) {
            now += random.nextLong(sample.window / 10);
            exact.advance(now);
            long amount = 1 + random.nextLong(Math.max(1, sample.limit / 3));
            if (bucket.waitNanos(amount, now) == 0) {
                assertThat(exact.fits(amount)).as("%s, step %d", sample, i).isTrue();
                bucket.take(amount, now);
                exact.take(amount);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void p8TheWaitIsTheLeastTimeThatSucceeds(long seed) {
        RandomGenerator random = random(seed);
        Sample sample = Sample.from(random);
        var bucket = new TokenBucket(sample.limit, sample.window, sample.start);
        long now = sample.start;
        for (int i = 0; i < 100; i++) {
            long amount = 1 + random.nextLong(sample.limit);
            long wait = bucket.waitNanos(amount, now);
            assertThat(bucket.waitNanos(amount, now + wait)).isZero();
            if (wait > 0) {
                assertThat(bucket.waitNanos(amount, now + wait - 1)).isEqualTo(1);
            }
            bucket.take(amount, now + random.nextLong(wait + 1));
            now += wait;
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void p8NoWindowHoldsMoreThanBurstAndRefill(long seed) {
        RandomGenerator random = random(seed);
        Sample sample = Sample.from(random);
        var bucket = new TokenBucket(sample.limit, sample.window, sample.start);
        record Taken(long at, long amount) {}
        var log = new ArrayDeque<Taken>();
        long now = sample.start;
        for (int i = 0; i < 400; i++) {
            long amount = 1 + random.nextLong(Math.max(1, sample.limit / 5));
            now += bucket.waitNanos(amount, now) + (random.nextInt(4) == 0 ? random.nextLong(sample.window) : 0);
            bucket.take(amount, now);
            log.add(new Taken(now, amount));
            double sum = 0;
            for (var it = log.descendingIterator(); it.hasNext(); ) {
                Taken taken = it.next();
                sum += taken.amount;
                double allowed = sample.limit + (double) sample.limit * (now - taken.at) / sample.window + 1;
                assertThat(sum).as("%s, step %d", sample, i).isLessThanOrEqualTo(allowed * (1 + 1e-9));
            }
            if (log.size() > 60) {
                log.removeFirst();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void p8TakingAndGivingBackIsNothing(long seed) {
        RandomGenerator random = random(seed);
        Sample sample = Sample.from(random);
        var bucket = new TokenBucket(sample.limit, sample.window, sample.start);
        bucket.take(sample.limit, sample.start);
        long amount = 1 + random.nextLong(sample.limit);
        double before = bucket.level(sample.start);
        bucket.take(amount, sample.start);
        bucket.giveBack(amount, sample.start);
        assertThat(bucket.level(sample.start)).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void p8TakingInPartsIsTakingAtOnce(long seed) {
        RandomGenerator random = random(seed);
        Sample sample = Sample.from(random);
        var whole = new TokenBucket(sample.limit, sample.window, sample.start);
        var parts = new TokenBucket(sample.limit, sample.window, sample.start);
        long amount = 1 + random.nextLong(sample.limit);
        whole.take(sample.limit, sample.start);
        parts.take(sample.limit, sample.start);
        whole.take(amount, sample.start);
        int pieces = 0;
        for (long left = amount; left > 0; pieces++) {
            long piece = 1 + random.nextLong(left);
            parts.take(piece, sample.start);
            left -= piece;
        }
        // Each take rounds up to a nanosecond, so parts may wait that much longer and never shorter.
        assertThat(parts.waitNanos(1, sample.start) - whole.waitNanos(1, sample.start))
                .isBetween(0L, (long) pieces);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void p8MoreTimeNeverMeansLessRoomAndAClockThatGoesBackChangesNothing(long seed) {
        RandomGenerator random = random(seed);
        Sample sample = Sample.from(random);
        var bucket = new TokenBucket(sample.limit, sample.window, sample.start);
        bucket.setDrain(random.nextDouble(), sample.start);
        bucket.take(sample.limit, sample.start);
        long now = sample.start;
        double level = bucket.level(now);
        for (int i = 0; i < 50; i++) {
            now += random.nextLong(sample.window / 20);
            double later = bucket.level(now);
            assertThat(later).isGreaterThanOrEqualTo(level - 1e-3);
            bucket.setDrain(random.nextDouble(), now - random.nextLong(1_000_000));
            double aMillisecond = sample.limit * 1e6 / sample.window;
            assertThat(bucket.level(now)).isCloseTo(later, within(aMillisecond + 1e-3));
            level = bucket.level(now);
        }
    }
}
