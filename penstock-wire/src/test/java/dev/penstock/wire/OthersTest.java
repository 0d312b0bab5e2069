package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.limit.Cost;
import dev.penstock.quota.Admission.Granted;
import dev.penstock.quota.Quota;
import dev.penstock.quota.QuotaSettings;
import dev.penstock.quota.QuotaSnapshot;
import dev.penstock.quota.Reservation;
import dev.penstock.quota.Settlement;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is claimed of other users of an account, from headers as providers write them. */
final class OthersTest {
    private static final long MS = 1_000_000;
    private static final long SECOND = 1_000 * MS;
    private static final long DAY = Duration.ofDays(1).toNanos();
    private static final long TRAVEL = 40 * MS;

    private final Quota quota = new Quota(QuotaSettings.learnEverything());
    private long now = 5 * SECOND;
    private double most;

    /** How a provider cuts the time that it tells. */
    private enum Rounding {
        CUT_TO_MILLIS,
        UP_TO_SECONDS,
        DOWN_TO_SECONDS;

        String print(double nanos) {
            long told = switch (this) {
                case CUT_TO_MILLIS -> (long) nanos;
                case UP_TO_SECONDS -> Math.ceilDiv((long) nanos, SECOND) * SECOND;
                case DOWN_TO_SECONDS -> (long) nanos / SECOND * SECOND;
            };
            return GoDuration.format(Duration.ofNanos(told));
        }
    }

    private interface Provider {
        /** The headers of the answer to a request that arrives then. */
        Map<String, String> take(long at);
    }

    /** A bucket of requests that refills; others take as much of the rate as is said. */
    private static Provider bucket(long limit, long window, double others, Rounding rounding) {
        return new Provider() {
            private double used = 0;
            private long before;

            @Override
            public Map<String, String> take(long at) {
                double passed = before == 0 ? 0 : (double) limit * (at - before) / window;
                before = at;
                used = Math.max(0, used - (1 - others) * passed) + 1;
                return headers(limit, (long) Math.floor(limit - used), rounding.print(used * window / limit));
            }
        };
    }

    private static Provider fixedWindow(long limit, long window, long phase, Rounding rounding) {
        return new Provider() {
            private long used;
            private long number;

            @Override
            public Map<String, String> take(long at) {
                long window0 = Math.floorDiv(at + phase, window);
                used = window0 == number ? used + 1 : 1;
                number = window0;
                return headers(limit, limit - used, rounding.print(window - Math.floorMod(at + phase, window)));
            }
        };
    }

    private static Map<String, String> headers(long limit, long remaining, String reset) {
        return Map.of(
                "x-ratelimit-limit-requests", "" + limit,
                "x-ratelimit-remaining-requests", "" + remaining,
                "x-ratelimit-reset-requests", reset);
    }

    /** Sends a request each interval, if it may leave; notes the greatest share that is claimed. */
    private void send(Provider provider, int count, long intervalNanos) {
        for (int i = 0; i < count; i++) {
            if (quota.reserve(Cost.ofTokens(1), now) instanceof Granted(Reservation reservation)) {
                Map<String, String> headers = provider.take(now + TRAVEL);
                quota.settle(
                        reservation,
                        new Settlement.Answered(RateLimitHeaders.read(HeaderLookup.of(headers))),
                        now + 2 * TRAVEL);
            }
            now += Math.max(intervalNanos, 2 * TRAVEL);
            most = Math.max(most, claimed());
        }
    }

    private double claimed() {
        return quota.snapshot(now).levels().stream()
                .mapToDouble(QuotaSnapshot.Level::takenByOthers)
                .max()
                .orElse(0);
    }

    @ParameterizedTest
    @CsvSource({
        "10000, CUT_TO_MILLIS, 1000",
        "10000, UP_TO_SECONDS, 1000",
        "10000, DOWN_TO_SECONDS, 1000",
        "10000, CUT_TO_MILLIS, 100",
        "10000, UP_TO_SECONDS, 100",
        "10000, UP_TO_SECONDS, 7000",
        "10000, DOWN_TO_SECONDS, 20000",
        "200, CUT_TO_MILLIS, 30000",
        "14400, UP_TO_SECONDS, 3000"
    })
    void ofADayThatRefillsAloneNothingIsClaimed(long limit, Rounding rounding, long intervalMillis) {
        send(bucket(limit, DAY, 0, rounding), (int) Math.min(3_000, limit - 10), intervalMillis * MS);
        assertThat(most).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "10000, 86400, CUT_TO_MILLIS, 1000",
        "10000, 86400, UP_TO_SECONDS, 100",
        "10000, 3600, CUT_TO_MILLIS, 1000",
        "1000, 3600, UP_TO_SECONDS, 300",
        "500, 60, CUT_TO_MILLIS, 500",
        "100, 60, UP_TO_SECONDS, 500"
    })
    void ofAWindowThatEndsAtAFixedTimeNothingIsClaimed(
            long limit, long seconds, Rounding rounding, long intervalMillis) {
        send(fixedWindow(limit, seconds * SECOND, seconds * SECOND / 3, rounding), 3_000, intervalMillis * MS);
        assertThat(most).isZero();
    }

    @Test
    void ofAFewRequestsAMinuteNothingIsClaimedForRounding() {
        send(bucket(20, 60 * SECOND, 0, Rounding.CUT_TO_MILLIS), 19, 100 * MS);
        send(bucket(20, 60 * SECOND, 0, Rounding.CUT_TO_MILLIS), 100, 3_100 * MS);
        assertThat(most).isLessThan(0.1);
    }

    @Test
    void whoTakesHalfOfADaysLimitIsSeenWithinTheHour() {
        Provider provider = bucket(10_000, DAY, 0.5, Rounding.CUT_TO_MILLIS);
        send(provider, 300, 1_000 * MS);
        send(provider, 700, 5_000 * MS);
        assertThat(claimed()).isBetween(0.25, 0.6);
        send(provider, 1_500, 8_640 * MS);
        assertThat(claimed()).isBetween(0.4, 0.6);
    }

    @Test
    void whoTakesHalfOfAMinutesLimitIsSeenWithinSeconds() {
        Provider provider = bucket(500, 60 * SECOND, 0.5, Rounding.CUT_TO_MILLIS);
        send(provider, 200, 80 * MS);
        assertThat(claimed()).isBetween(0.4, 0.6);
    }
}
