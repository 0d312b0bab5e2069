package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.limit.Cost;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.quota.Quota;
import dev.penstock.quota.QuotaSettings;
import dev.penstock.quota.RecentUse;
import dev.penstock.retry.RetryBudget;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.Pricing;
import dev.penstock.wire.Usage;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The figures that a run measures and computes. */
final class RunFiguresTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @Test
    void quantilesAreAtMostAThirtiethTooHigh() {
        LatencyHistogram histogram = new LatencyHistogram();
        for (int millis = 1; millis <= 1_000; millis++) {
            histogram.add(TimeUnit.MILLISECONDS.toNanos(millis));
        }

        assertThat(histogram.quantile(0.5)).isBetween(Duration.ofMillis(500), Duration.ofMillis(516));
        assertThat(histogram.quantile(0.95)).isBetween(Duration.ofMillis(950), Duration.ofMillis(981));
        assertThat(histogram.quantile(1)).isBetween(Duration.ofMillis(1_000), Duration.ofMillis(1_032));
    }

    @Test
    void everyTimeFindsItsBucket() {
        for (long micros = 1; micros < Long.MAX_VALUE / 2_000; micros = micros * 5 / 4 + 1) {
            LatencyHistogram histogram = new LatencyHistogram();
            histogram.add(TimeUnit.MICROSECONDS.toNanos(micros));

            long found = histogram.quantile(1).toNanos() / 1_000;
            assertThat(found).isGreaterThanOrEqualTo(micros).isLessThanOrEqualTo(micros + micros / 32 + 1);
        }
    }

    @Test
    void theRetryBudgetRemembersTheRequestsWhoseFailuresAreStillToCome() {
        RetryBudget budget = new RetryBudget(LiveRun.RETRIES, 0);
        for (int i = 0; i < 1_000; i++) {
            budget.requestSent(0);
        }

        assertThat(budget.balance(50 * SECOND)).isEqualTo(200 + 60);
    }

    @Test
    void aHistogramWithoutTimesSaysZero() {
        assertThat(new LatencyHistogram().quantile(0.95)).isZero();
    }

    @Test
    void whatWasSentAMinuteAgoIsForgottenAlsoAcrossTheTurnOfTheClock() {
        long start = Long.MAX_VALUE - 30 * SECOND;
        RecentUse use = new RecentUse(start);
        use.sent(100, start);
        use.sent(10, start + 40 * SECOND);

        assertThat(use.tokens(start + 59 * SECOND)).isEqualTo(110);
        assertThat(use.tokens(start + 60 * SECOND)).isEqualTo(10);
        assertThat(use.requests(start + 99 * SECOND)).isEqualTo(1);
        assertThat(use.requests(start + 1_000 * SECOND)).isZero();
        assertThat(use.allTokens()).isEqualTo(110);
    }

    @Test
    void snapshotsShareTheirFamilysNumberAndTooManyFamiliesShareTheLast() {
        Families families = new Families();
        int first = families.stratum("gpt-4o-2024-08-06", 1_000);

        assertThat(families.stratum("gpt-4o", 1_000)).isEqualTo(first);
        assertThat(families.stratum("gpt-4o-mini", 1_000)).isEqualTo(first + 256);
        for (int i = 0; i < 100; i++) {
            int number = Families.ofStratum(families.stratum("model" + i, Long.MAX_VALUE));
            assertThat(number).isEqualTo(Math.min(i + 2, Families.MOST - 1));
        }
        assertThat(families.names())
                .hasSize(Families.MOST)
                .startsWith("gpt-4o", "gpt-4o-mini", "model0")
                .endsWith(Families.OTHERS);
        assertThat(Families.ofStratum(families.stratum("gpt-4o", 5))).isZero();
    }

    @Test
    void aCallsCostInPicoDollarsIsExact() {
        Pricing pricing = new Pricing(PriceTable.builtIn());
        Usage usage = new Usage(1_003, 501, 77);

        long pico = pricing.picoDollars("gpt-4o-mini-2024-07-18", usage).orElseThrow();

        assertThat(Pricing.dollars(pico))
                .isEqualByComparingTo(
                        PriceTable.builtIn().find("gpt-4o-mini").orElseThrow().costOf(usage));
        assertThat(pricing.picoDollars("unheard-of", usage)).isEmpty();
        assertThat(Pricing.dollars(PriceTable.builtIn(), Map.of("unheard-of", usage)))
                .isEmpty();
        assertThat(Pricing.dollars(PriceTable.builtIn(), Map.of()))
                .hasValueSatisfying(none -> assertThat(none).isEqualByComparingTo(BigDecimal.ZERO));
    }

    @Test
    void theLeastTimeIsThatOfTheLimitThatTakesLongest() {
        Limit requests = new Limit(Dimension.REQUESTS_PER_MINUTE, 600);
        Limit tokens = new Limit(Dimension.TOKENS_PER_MINUTE, 60_000);
        Quota quota = new Quota(QuotaSettings.learnEverything().withCaps(List.of(requests, tokens)));
        LaneMeter lane = new LaneMeter("m", quota, 1_000, 80_000, 0);
        var unused = quota.reserve(Cost.ofTokens(1), 0);
        for (int i = 0; i < 700; i++) {
            lane.sent(100, 0);
        }
        lane.refused(100);
        lane.refresh(0);

        LeastTime least = lane.leastTime(SECOND, 22 * SECOND).orElseThrow();

        assertThat(least.limit()).isEqualTo(requests);
        assertThat(least.work()).isEqualTo(699);
        assertThat(least.duration().toMillis()).isBetween(10_800L, 10_999L);
        assertThat(least.closeness()).isBetween(2.0, 2.05);
    }
}
