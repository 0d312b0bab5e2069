package dev.penstock.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every window. The seed is the name of the failing case. */
final class SlidingWindowLaws {
    private static final long SECOND = 1_000_000_000L;
    private static final long MINUTE = 60 * SECOND;

    static LongStream seeds() {
        return LongStream.range(0, 100);
    }

    private record Taken(long at, long amount) {}

    @ParameterizedTest
    @MethodSource("seeds")
    void noWindowOfAnyPhaseEverHoldsMoreThanTheLimit(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        long limit = 1 + random.nextLong(1_000);
        long now = random.nextLong(-1L << 40, 1L << 40);
        var window = new SlidingWindow(MINUTE, now);
        List<Taken> log = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            long amount = 1 + random.nextLong(Math.max(1, limit / 4));
            now += random.nextInt(3) == 0 ? random.nextLong(20 * SECOND) : 0;
            now += window.waitNanos(amount, limit, now);
            window.take(amount, now);
            log.add(new Taken(now, amount));
            long from = now - MINUTE;
            long inWindow = log.stream()
                    .filter(taken -> taken.at - from > 0)
                    .mapToLong(Taken::amount)
                    .sum();
            assertThat(inWindow).as("seed %d, step %d", seed, i).isLessThanOrEqualTo(limit);
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyWaitEndsWithinAWindowAndASlice(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        long limit = 1 + random.nextLong(1_000);
        var window = new SlidingWindow(MINUTE, 0);
        long now = 0;
        for (int i = 0; i < 200; i++) {
            long amount = 1 + random.nextLong(limit);
            if (random.nextInt(10) == 0) {
                window.observeUsed(limit, limit, now);
            }
            long began = now;
            for (long wait = window.waitNanos(amount, limit, now);
                    wait > 0;
                    wait = window.waitNanos(amount, limit, now)) {
                now += wait;
                assertThat(now - began).as("seed %d, step %d", seed, i).isLessThanOrEqualTo(MINUTE + SECOND);
            }
            window.take(amount, now);
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void replayingABucketGivesWhatTheBucketHolds(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        long limit = 600;
        var bucket = new TokenBucket(limit, MINUTE, 0);
        var window = new SlidingWindow(MINUTE, 0);
        long now = 0;
        double levelThen = limit;
        long then = 0;
        long takenSince = 0;
        for (int i = 0; i < 200; i++) {
            now += random.nextLong(SECOND / 2);
            if (bucket.waitNanos(1, now) == 0) {
                bucket.take(1, now);
                window.take(1, now);
                takenSince++;
            }
            if (i == 60) {
                levelThen = bucket.level(now);
                then = now;
                takenSince = 0;
            }
        }
        double replayed = window.replay(levelThen, then, now, takenSince, limit / (double) MINUTE, limit);
        // Slices of a quarter of a second place a unit a little earlier or later than it was taken.
        assertThat(replayed).as("seed %d", seed).isCloseTo(bucket.level(now), within(3.5));
    }
}
