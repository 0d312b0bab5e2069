package dev.penstock.wire;

import static dev.penstock.limit.Dimension.PROJECT_TOKENS_PER_MINUTE;
import static dev.penstock.limit.Dimension.REQUESTS_PER_DAY;
import static dev.penstock.limit.Dimension.REQUESTS_PER_MINUTE;
import static dev.penstock.limit.Dimension.TOKENS_PER_MINUTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitState;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RateLimitHeadersTest {
    private static HeaderLookup group(
            String name, @Nullable String limit, @Nullable String remaining, @Nullable String reset) {
        Map<String, String> headers = new HashMap<>();
        if (limit != null) {
            headers.put("X-RateLimit-Limit-" + name, limit);
        }
        if (remaining != null) {
            headers.put("X-RateLimit-Remaining-" + name, remaining);
        }
        if (reset != null) {
            headers.put("X-RateLimit-Reset-" + name, reset);
        }
        return HeaderLookup.of(headers);
    }

    /** The ten header rows whose window is known. */
    @ParameterizedTest
    @CsvSource({
        "requests, 500, 499, 120ms, 60",
        "requests, 5000, 4999, 12ms, 60",
        "requests, 10000, 9999, 6ms, 60",
        "requests, 10000, 9999, 8.64s, 86400",
        "tokens, 160000, 159976, 9ms, 60",
        "tokens, 30000, 29996, 8ms, 60",
        "tokens, 200000, 199978, 6ms, 60",
        "tokens, 10000000, 9999737, 1ms, 60",
        "tokens, 10000, 9481, 3.114s, 60",
        "tokens, 5000000, 4999999, 0s, 60"
    })
    void theResetTellsTheWindow(String name, long limit, long remaining, String reset, long windowSeconds) {
        Unit unit = name.equals("requests") ? Unit.REQUESTS : Unit.TOKENS;
        Dimension dimension = new Dimension(Scope.ORGANIZATION, unit, Duration.ofSeconds(windowSeconds));
        assertThat(RateLimitHeaders.read(group(name, "" + limit, "" + remaining, reset)))
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("resetIn")
                .containsExactly(new LimitState(new Limit(dimension, limit), remaining));
    }

    @ParameterizedTest
    @CsvSource({
        "requests, 1000, 999, 3.6s, 3600",
        "requests, 100, 97, 1m48s, 3600",
        "tokens, 100000, 50000, 30m0s, 3600",
        // Of the 30 that were used half a one flowed back.
        "requests, 14400, 14370, 2m57s, 86400",
        "requests, 14400, 14370, 2m59.56s, 86400",
        // 112.32 s to 120.96 s, rounded up.
        "requests, 10000, 9986, 2m1s, 86400",
        "requests, 500, 499, 1s, 60",
        "requests, 200, 199, 300ms, 60",
        "requests, 200, 190, 3s, 60",
        "requests, 200, 197, 43s, 60",
        "requests, 1000, 998, 40m0s, 60"
    })
    void anHourOrADayIsToldThoughAPartFlowedBackOrTheTimeIsRounded(
            String name, long limit, long remaining, String reset, long windowSeconds) {
        theResetTellsTheWindow(name, limit, remaining, reset, windowSeconds);
    }

    @Test
    void theResetIsToldAsItCame() {
        assertThat(RateLimitHeaders.read(group("requests", "20", "17", "4.8s")))
                .extracting(LimitState::resetIn)
                .containsExactly(Optional.of(Duration.ofMillis(4_800)));
        assertThat(RateLimitHeaders.read(group("requests", "20", "17", "soon")))
                .extracting(LimitState::resetIn)
                .containsExactly(Optional.empty());
    }

    @Test
    void anEmptyDailyLimitIsStillDaily() {
        assertThat(RateLimitHeaders.read(group("requests", "200", "0", "24h0m0s")))
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("resetIn")
                .containsExactly(new LimitState(new Limit(REQUESTS_PER_DAY, 200), 0));
    }

    @Test
    void aMonthlyTokenLimitIsTold() {
        Dimension monthly = new Dimension(Scope.ORGANIZATION, Unit.TOKENS, Duration.ofDays(30));
        assertThat(RateLimitHeaders.read(group("tokens", "100000", "50000", "360h0m0s")))
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("resetIn")
                .containsExactly(new LimitState(new Limit(monthly, 100_000), 50_000));
    }

    @ParameterizedTest
    @CsvSource({
        "10000, 10000, 0s",
        "10000, 9000, ",
        "10000, 9000, 55",
        "10000, 9000, soon",
        "150000, 149984, 6m0s",
        "60, 59, 1s",
        "10000, 9999, 0s"
    })
    void whatDecidesNothingIsAMinute(long limit, long remaining, @Nullable String reset) {
        assertThat(RateLimitHeaders.read(group("tokens", "" + limit, "" + remaining, reset)))
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("resetIn")
                .containsExactly(new LimitState(new Limit(TOKENS_PER_MINUTE, limit), remaining));
    }

    @ParameterizedTest
    @CsvSource({
        "-1, -1, 0",
        "0, 0, 0",
        "many, 5, 1s",
        "10, , 1s",
        ", 5, 1s",
        "10, few, 1s",
        "9999999999999999999, 1, 1s",
        "-, 1, 1s"
    })
    void unknownMissingOrGarbledLimitsAreLeftOut(
            @Nullable String limit, @Nullable String remaining, @Nullable String reset) {
        assertThat(RateLimitHeaders.read(group("requests", limit, remaining, reset)))
                .isEmpty();
    }

    @Test
    void anAccountInDebtHasANegativeRemainder() {
        assertThat(RateLimitHeaders.read(group("tokens", "10000", "-263", "1m1.578s")))
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("resetIn")
                .containsExactly(new LimitState(new Limit(TOKENS_PER_MINUTE, 10_000), -263));
    }

    @Test
    void moreThanTheLimitCannotRemain() {
        assertThat(RateLimitHeaders.read(group("tokens", "10000", "10500", "0s")))
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("resetIn")
                .containsExactly(new LimitState(new Limit(TOKENS_PER_MINUTE, 10_000), 10_000));
    }

    @Test
    void allThreeGroupsAreReadRequestsFirst() {
        HeaderLookup headers = HeaderLookup.of(Map.of(
                "x-ratelimit-limit-requests", "500",
                "x-ratelimit-remaining-requests", "499",
                "x-ratelimit-reset-requests", "120ms",
                "x-ratelimit-limit-tokens", "30000",
                "x-ratelimit-remaining-tokens", "29996",
                "x-ratelimit-reset-tokens", "8ms",
                "x-ratelimit-limit-project-tokens", "60000",
                "x-ratelimit-remaining-project-tokens", "57000",
                "x-ratelimit-reset-project-tokens", "3s"));
        assertThat(RateLimitHeaders.read(headers))
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("resetIn")
                .containsExactly(
                        new LimitState(new Limit(REQUESTS_PER_MINUTE, 500), 499),
                        new LimitState(new Limit(TOKENS_PER_MINUTE, 30_000), 29_996),
                        new LimitState(new Limit(PROJECT_TOKENS_PER_MINUTE, 60_000), 57_000));
    }

    @Test
    void anAnswerWithoutHeadersShowsNothing() {
        assertThat(RateLimitHeaders.read(HeaderLookup.none())).isEmpty();
    }
}
