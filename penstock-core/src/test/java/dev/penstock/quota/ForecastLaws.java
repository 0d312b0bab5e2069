package dev.penstock.quota;

import static dev.penstock.limit.Dimension.REQUESTS_PER_MINUTE;
import static dev.penstock.limit.Dimension.TOKENS_PER_MINUTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.limit.Cost;
import dev.penstock.limit.Limit;
import dev.penstock.quota.Admission.Granted;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is foretold of a queue is what happens to it when it is served in order and nobody else comes. */
final class ForecastLaws {
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void theForetoldStartIsTheStart(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        long requests = random.nextLong(1, 100);
        long tokens = random.nextLong(1_000, 20_000);
        Quota quota = new Quota(QuotaSettings.learnEverything()
                .withCaps(List.of(new Limit(REQUESTS_PER_MINUTE, requests), new Limit(TOKENS_PER_MINUTE, tokens))));
        long now = Long.MAX_VALUE - random.nextLong(1_000_000_000_000L);
        List<Cost> queue = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            queue.add(Cost.ofTokens(random.nextLong(0, tokens)));
        }
        Admission first = quota.reserve(Cost.ofTokens(1), now); // until it is answered nothing else is sent
        quota.settle(((Granted) first).reservation(), new Settlement.Answered(List.of()), now);
        List<Long> foretold = new ArrayList<>();
        Cost ahead = new Cost(0, 0, 0);
        for (Cost cost : queue) {
            foretold.add(now + quota.startsInNanos(ahead, cost, now).orElseThrow());
            ahead = ahead.plus(cost);
        }

        for (int i = 0; i < queue.size(); i++) {
            now += quota.waitNanos(queue.get(i), now).orElseThrow();
            granted(quota, queue.get(i), now);
            assertThat(now - foretold.get(i)).as("request %d", i).isBetween(-MILLI, MILLI);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void ofAProviderThatCountsWindowsItIsForetoldWithinASlice(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        long minute = TimeUnit.MINUTES.toNanos(1);
        long limit = random.nextLong(5, 500);
        long now = Long.MAX_VALUE - random.nextLong(1_000_000_000_000L);
        SlidingWindow window = new SlidingWindow(minute, now);
        for (long i = random.nextLong(limit); i > 0; i--) {
            now += random.nextLong(minute / limit);
            window.take(1, now);
        }
        long count = 3 * limit;
        List<Long> foretold = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            foretold.add(now + window.waitNanos(i, 1, limit, now));
        }

        for (int i = 0; i < count; i++) {
            now += window.waitNanos(1, limit, now);
            window.take(1, now);
            // Each window rounds up to whole slices.
            assertThat(now - foretold.get(i))
                    .as("request %d of limit %d", i, limit)
                    .isBetween(-minute / 60, minute / 60);
        }
    }

    private static void granted(Quota quota, Cost cost, long now) {
        assertThat(quota.reserve(cost, now)).isInstanceOf(Granted.class);
    }
}
