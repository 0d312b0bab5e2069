package dev.penstock.emulator.limiter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.limit.Cost;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** P8: laws over random timelines. The seed is in the name of a failing case. */
final class LimiterLaws {
    private static final List<Shape> SHAPES = List.of(
            Shape.bucket(),
            Shape.quantized(),
            Shape.parse("bucket:5s"),
            Shape.parse("sliding"),
            Shape.parse("fixed:7s"));
    private static final List<Duration> WINDOWS =
            List.of(Duration.ofSeconds(1), Duration.ofMinutes(1), Duration.ofDays(1), Duration.ofDays(30));

    static LongStream seeds() {
        return LongStream.range(0, 200);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void aBucketHoldsWhatExactRationalsSay(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        Limit limit = someLimit(random);
        long start = random.nextLong();
        Bucket bucket = new Bucket(limit, limit.dimension().window(), start);
        BigInteger window = BigInteger.valueOf(limit.dimension().window().toNanos());
        BigInteger full = BigInteger.valueOf(limit.amount()).multiply(window);
        BigInteger level = full;
        long now = start;
        for (int step = 0; step < 100; step++) {
            long elapsed = someElapsed(random, limit);
            now += elapsed;
            level = full.min(level.add(BigInteger.valueOf(elapsed).multiply(BigInteger.valueOf(limit.amount()))));
            assertThat(bucket.remaining(now)).isEqualTo(level.divide(window).longValueExact());
            long amount = random.nextLong(1, limit.amount() + 1);
            boolean fits = level.compareTo(BigInteger.valueOf(amount).multiply(window)) >= 0;
            assertThat(bucket.fits(amount, now)).isEqualTo(fits);
            if (fits) {
                bucket.take(amount, now);
                level = level.subtract(BigInteger.valueOf(amount).multiply(window));
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void theWaitIsTheLeastThatSucceeds(long seed) {
        timeline(seed, (limiter, amount, now) -> {
            long wait = limiter.nanosUntilFits(amount, now);
            assertThat(wait).isNotNegative();
            if (wait > 0) {
                assertThat(limiter.fits(amount, now + wait - 1)).isFalse();
                assertThat(limiter.fits(amount, now + wait)).isTrue();
            }
            return now + wait;
        });
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void aStatedWaitIsWithinAMillisecondAndAUnitOfTheTrueOne(long seed) {
        timeline(seed, (limiter, amount, now) -> {
            long wait = limiter.nanosUntilFits(amount, now);
            long stated = limiter.statedWait(amount, now).toNanos();
            long unit = (long) (1e9 / limiter.limit().perSecond()) + 1;
            assertThat(stated).isBetween(wait - 1_000_000, wait + unit + 1_000_000);
            return now + wait;
        });
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void takingAndGivingBackAtOnceChangesNothing(long seed) {
        timeline(seed, (limiter, amount, now) -> {
            long ready = now + limiter.nanosUntilFits(amount, now);
            long before = limiter.remaining(ready);
            limiter.take(amount, ready);
            limiter.giveBack(amount, ready, ready);
            assertThat(limiter.remaining(ready)).isEqualTo(before);
            return ready;
        });
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void aClockThatGoesBackChangesNothing(long seed) {
        timeline(seed, (limiter, amount, now) -> {
            long before = limiter.remaining(now);
            assertThat(limiter.remaining(now - 30_000_000_000L)).isEqualTo(before);
            assertThat(limiter.remaining(now)).isEqualTo(before);
            return now + limiter.nanosUntilFits(amount, now);
        });
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void noWindowAdmitsMoreThanTheShapeAllows(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        Limit limit = new Limit(Dimension.TOKENS_PER_MINUTE, random.nextLong(100, 100_000));
        for (Shape shape : SHAPES) {
            long start = random.nextLong();
            Limiter limiter = shape.limiter(limit, start);
            List<long[]> taken = new ArrayList<>();
            long now = start;
            for (int step = 0; step < 300; step++) {
                now += random.nextLong(2_000_000_000L);
                long amount = random.nextLong(1, limit.amount() / 4);
                if (limiter.fits(amount, now)) {
                    limiter.take(amount, now);
                    taken.add(new long[] {now, amount});
                }
            }
            // A bucket: its depth and one window's refill. A fixed window: the end of one and the start of the next.
            double most = shape instanceof Shape.Sliding
                    ? limit.amount()
                    : shape instanceof Shape.ShallowBucket ? 1.25 * limit.amount() + 10_000 : 2.0 * limit.amount();
            for (long[] first : taken) {
                long sum = 0;
                for (long[] other : taken) {
                    long after = other[0] - first[0];
                    if (after >= 0 && after < 60_000_000_000L) {
                        sum += other[1];
                    }
                }
                assertThat((double) sum).as("%s", shape).isLessThanOrEqualTo(most + 1);
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void aVectorTakesFromAllOrFromNone(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        long start = random.nextLong();
        List<Limiter> limiters = new ArrayList<>();
        for (Dimension dimension :
                List.of(Dimension.REQUESTS_PER_MINUTE, Dimension.REQUESTS_PER_DAY, Dimension.TOKENS_PER_MINUTE)) {
            limiters.add(SHAPES.get(random.nextInt(SHAPES.size()))
                    .limiter(new Limit(dimension, random.nextLong(1, 500)), start));
        }
        ConcurrencyCap cap = new ConcurrencyCap(3);
        LimitVector vector = new LimitVector(limiters, cap);
        long now = start;
        for (int step = 0; step < 200; step++) {
            now += random.nextLong(500_000_000L);
            Cost cost = Cost.ofTokens(random.nextLong(1, 300));
            long at = now;
            List<Long> before = limiters.stream().map(l -> l.remaining(at)).toList();
            boolean all = cap.hasRoom();
            for (Limiter limiter : limiters) {
                all &= limiter.fits(cost.of(limiter.limit().dimension().unit()), at);
            }
            LimitVector.Decision decision = vector.admit(cost, at);
            assertThat(decision instanceof LimitVector.Decision.Admitted).isEqualTo(all);
            for (int i = 0; i < limiters.size(); i++) {
                long charged = all ? cost.of(limiters.get(i).limit().dimension().unit()) : 0;
                assertThat(before.get(i) - limiters.get(i).remaining(at)).isEqualTo(charged);
            }
            if (cap.inFlight() > 0 && random.nextBoolean()) {
                cap.leave();
            }
        }
    }

    @FunctionalInterface
    private interface Step {
        /** Checks something and says at which time the amount fits. */
        long check(Limiter limiter, long amount, long now);
    }

    private static void timeline(long seed, Step step) {
        RandomGenerator random = new SplittableRandom(seed);
        for (Shape shape : SHAPES) {
            Limit limit = someLimit(random);
            long now = random.nextLong();
            Limiter limiter = shape.limiter(limit, now);
            for (int i = 0; i < 20; i++) {
                now += someElapsed(random, limit);
                long amount = random.nextLong(1, limit.amount() + 1);
                now = step.check(limiter, amount, now);
                limiter.take(amount, now);
            }
        }
    }

    private static Limit someLimit(RandomGenerator random) {
        long[] amounts = {1, 3, 500, 7_919, 200_000, 180_000_000, 179_424_673};
        Duration window = WINDOWS.get(random.nextInt(WINDOWS.size()));
        return new Limit(
                new Dimension(Scope.ORGANIZATION, Unit.TOKENS, window), amounts[random.nextInt(amounts.length)]);
    }

    private static long someElapsed(RandomGenerator random, Limit limit) {
        long window = limit.dimension().window().toNanos();
        return switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> random.nextLong(1 + window / 1_000);
            case 2 -> random.nextLong(window);
            default -> random.nextLong(3 * window);
        };
    }
}
