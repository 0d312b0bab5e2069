package dev.penstock.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import dev.penstock.wire.HeaderLookup;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * P9: the refusals that users published, as whole bodies out of the twin. Only the names differ: the organization and
 * project of those users were never printed. What the free tier adds about a payment method is left out.
 */
final class P9RefusalTextTest {
    /** Close to a sign change. */
    private static final long T = Long.MAX_VALUE - 1_000;

    private static final Dimension TOKENS_PER_30_DAYS =
            new Dimension(Scope.ORGANIZATION, Unit.TOKENS, Duration.ofDays(30));

    /** Source: https://github.com/onlybooks/llm/issues/6. */
    @Test
    void p9ADailyRefusal() {
        assertThat(refusalOfRequests(Dimension.REQUESTS_PER_DAY, 200)).isEqualTo("""
                        {
                          "error": {
                            "message": "Rate limit reached for gpt-4o-mini in organization org-penstock on requests per \
                        day (RPD): Limit 200, Used 200, Requested 1. Please try again in 7m12s. Visit \
                        https://platform.openai.com/account/rate-limits to learn more.",
                            "type": "requests",
                            "param": null,
                            "code": "rate_limit_exceeded"
                          }
                        }""");
    }

    @Test
    void p9ARefusalByRequestsPerMinute() {
        assertThat(refusalOfRequests(Dimension.REQUESTS_PER_MINUTE, 3)).isEqualTo("""
                        {
                          "error": {
                            "message": "Rate limit reached for gpt-4o-mini in organization org-penstock on requests per \
                        min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s. Visit \
                        https://platform.openai.com/account/rate-limits to learn more.",
                            "type": "requests",
                            "param": null,
                            "code": "rate_limit_exceeded"
                          }
                        }""");
    }

    @Test
    void p9ARefusalByTheTokensOfAProject() {
        assertThat(refusalOfTokens(Dimension.PROJECT_TOKENS_PER_MINUTE, 50_000, 47_949, 3_006))
                .isEqualTo("""
                        {
                          "error": {
                            "message": "Rate limit reached for gpt-4o-mini in project proj_penstock organization \
                        org-penstock on tokens per min (TPM): Limit 50000, Used 47949, Requested 3006. Please try again in \
                        1.146s. Visit https://platform.openai.com/account/rate-limits to learn more.",
                            "type": "tokens",
                            "param": null,
                            "code": "rate_limit_exceeded"
                          }
                        }""");
    }

    @ParameterizedTest(name = "TPM {0}, {1} used, {2} requested: {3}")
    @CsvSource({
        "200000,195869,  4412, 84ms",
        " 30000, 22999, 12528, 11.054s",
        " 30000, 14567, 24754, 18.642s",
        " 30000, 18928, 11159, 174ms",
        " 30000, 28039,  3906, 3.89s",
    })
    void p9ARefusalByTokensPerMinute(long limit, long used, long requested, String wait) {
        assertThat(refusalOfTokens(Dimension.TOKENS_PER_MINUTE, limit, used, requested))
                .isEqualTo(tokens(limit, used, requested, wait));
    }

    /** The window is a month and the text says minute. Source: https://github.com/openai/openai-dotnet/issues/404. */
    @Test
    void p9TheFreeTiersMonthCallsItselfAMinute() {
        assertThat(refusalOfTokens(TOKENS_PER_30_DAYS, 100_000, 96_749, 19_126))
                .isEqualTo(tokens(100_000, 96_749, 19_126, "114h18m0s"));
    }

    @ParameterizedTest(name = "RPD {0}: {1}")
    @CsvSource({"50, 28m48s", "1000, 1m26.4s", "2000, 43.2s"})
    void p9ARefusalByRequestsPerDay(long limit, String wait) {
        assertThat(refusalOfRequests(Dimension.REQUESTS_PER_DAY, limit))
                .isEqualTo(body(
                        "requests per day (RPD): Limit " + limit + ", Used " + limit + ", Requested 1. "
                                + "Please try again in " + wait + ".",
                        "requests"));
    }

    private static String tokens(long limit, long used, long requested, String wait) {
        return body(
                "tokens per min (TPM): Limit " + limit + ", Used " + used + ", Requested " + requested
                        + ". Please try again in " + wait + ".",
                "tokens");
    }

    private static String body(String text, String type) {
        return """
                {
                  "error": {
                    "message": "Rate limit reached for gpt-4o-mini in organization org-penstock on %s Visit \
                https://platform.openai.com/account/rate-limits to learn more.",
                    "type": "%s",
                    "param": null,
                    "code": "rate_limit_exceeded"
                  }
                }""".formatted(text, type);
    }

    private static String refusalOfRequests(Dimension dimension, long limit) {
        Twin twin = twin(new Limit(dimension, limit));
        for (int i = 0; i < limit; i++) {
            assertThat(ask(twin, 1)).isInstanceOf(Arrival.Admitted.class);
        }
        return refusal(ask(twin, 1));
    }

    private static String refusalOfTokens(Dimension dimension, long limit, long used, long requested) {
        Twin twin = twin(new Limit(dimension, limit));
        assertThat(ask(twin, used)).isInstanceOf(Arrival.Admitted.class);
        return refusal(ask(twin, requested));
    }

    private static Twin twin(Limit limit) {
        return new Twin(
                TwinSettings.builder().limits(FamilyLimits.same(List.of(limit))).build(), 42);
    }

    /** An empty prompt is charged one token, and the output that may come is charged in full. */
    private static Arrival ask(Twin twin, long tokens) {
        String body = "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"\"}],\"max_tokens\":"
                + Math.max(1, tokens - 1) + "}";
        return twin.arrive(
                "POST", "/v1/chat/completions", HeaderLookup.none(), body.getBytes(StandardCharsets.UTF_8), T);
    }

    private static String refusal(Arrival arrival) {
        assertThat(arrival).isInstanceOf(Arrival.Refused.class);
        return new String(((Arrival.Refused) arrival).body(), StandardCharsets.UTF_8);
    }
}
