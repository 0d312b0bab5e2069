package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.LimitExceeded;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import dev.penstock.verdict.Verdict;
import dev.penstock.verdict.Verdict.AccountStopped;
import dev.penstock.verdict.Verdict.Fault;
import dev.penstock.verdict.Verdict.Rejected;
import dev.penstock.verdict.Verdict.RejectedBecause;
import dev.penstock.verdict.Verdict.SlowDown;
import dev.penstock.verdict.Verdict.StoppedBecause;
import dev.penstock.verdict.Verdict.Throttled;
import dev.penstock.verdict.Verdict.Transient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VerdictReaderTest {
    private static final String VISIT = " Visit https://platform.openai.com/account/rate-limits to learn more.";
    private static final Dimension PROJECT_REQUESTS =
            new Dimension(Scope.PROJECT, Unit.REQUESTS, Duration.ofMinutes(1));
    private static final Dimension MONTHLY_TOKENS = new Dimension(Scope.ORGANIZATION, Unit.TOKENS, Duration.ofDays(30));

    private static byte[] error(@Nullable String type, @Nullable String code, String message) {
        return error(type, code, message, null);
    }

    private static byte[] error(@Nullable String type, @Nullable String code, String message, @Nullable String param) {
        ObjectNode root = new JsonMapper().createObjectNode();
        root.putObject("error")
                .put("message", message)
                .put("type", type)
                .put("param", param)
                .put("code", code);
        return root.toPrettyString().getBytes(StandardCharsets.UTF_8);
    }

    private static Verdict read(int status, byte[] body) {
        return VerdictReader.read(status, HeaderLookup.none(), body);
    }

    private static LimitExceeded throttled(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Throttled.class);
        return ((Throttled) verdict).exceeded();
    }

    private static LimitExceeded exceeded(
            Dimension dimension, @Nullable String model, long limit, long used, long requested, Duration wait) {
        return new LimitExceeded(
                Optional.of(dimension),
                Optional.ofNullable(model),
                OptionalLong.of(limit),
                OptionalLong.of(used),
                OptionalLong.of(requested),
                Optional.of(wait));
    }

    /** The twelve refusals of known figures, with the labels that their providers print. */
    @ParameterizedTest
    @CsvSource({
        "tokens per min (TPM), 50000, 47949, 3006, 1.146s, TOKENS, 60",
        "tokens per min (TPM), 200000, 195869, 4412, 84ms, TOKENS, 60",
        "tokens per min (TPM), 30000, 22999, 12528, 11.054s, TOKENS, 60",
        "tokens per min (TPM), 30000, 14567, 24754, 18.642s, TOKENS, 60",
        "tokens per min (TPM), 30000, 18928, 11159, 174ms, TOKENS, 60",
        "tokens per min (TPM), 30000, 28039, 3906, 3.89s, TOKENS, 60",
        "requests per min (RPM), 3, 3, 1, 20s, REQUESTS, 60",
        "requests per day (RPD), 200, 200, 1, 7m12s, REQUESTS, 86400",
        "requests per day (RPD), 50, 50, 1, 28m48s, REQUESTS, 86400",
        "requests per day (RPD), 1000, 1000, 1, 1m26.4s, REQUESTS, 86400",
        "requests per day (RPD), 2000, 2000, 1, 43.2s, REQUESTS, 86400",
        "tokens per min (TPM), 100000, 96749, 19126, 114h18m0s, TOKENS, 2592000",
        "tokens per day (TPD), 500000, 499000, 2000, 2m52.8s, TOKENS, 86400",
        "requests per 5s, 20, 20, 1, 250ms, REQUESTS, 5",
        "requests per second, 4, 4, 1, 250ms, REQUESTS, 1",
        "tokens per hour, 100, 100, 10, 6m0s, TOKENS, 3600",
        "images per 1h30m0s, 2, 2, 1, 45m0s, IMAGES, 5400",
        "requests per 0s, 4, 4, 1, 15s, REQUESTS, 60"
    })
    void aRefusalSaysWhichLimitHowFullAndHowLong(
            String label, long limit, long used, long requested, String wait, Unit unit, long windowSeconds) {
        String text = "Rate limit reached for gpt-4o-mini in organization org-X on " + label + ": Limit " + limit
                + ", Used " + used + ", Requested " + requested + ". Please try again in " + wait + "." + VISIT;
        Dimension dimension = new Dimension(Scope.ORGANIZATION, unit, Duration.ofSeconds(windowSeconds));
        LimitExceeded expected = exceeded(
                dimension,
                "gpt-4o-mini",
                limit,
                used,
                requested,
                GoDuration.parse(wait).orElseThrow());
        assertThat(throttled(read(429, error("tokens", "rate_limit_exceeded", text))))
                .isEqualTo(expected);
    }

    @Test
    void theFreeTiersAppendedAdviceChangesNothing() {
        String text =
                "Rate limit reached for gpt-4o-mini in organization org-X on requests per min (RPM): Limit 3, Used 3,"
                        + " Requested 1. Please try again in 20s." + VISIT
                        + " You can increase your rate limit by adding a payment"
                        + " method to your account at https://platform.openai.com/account/billing.";
        assertThat(throttled(read(429, error("requests", "rate_limit_exceeded", text))))
                .isEqualTo(exceeded(Dimension.REQUESTS_PER_MINUTE, "gpt-4o-mini", 3, 3, 1, Duration.ofSeconds(20)));
    }

    @Test
    void aTextThatNamesAProjectIsAboutTheProjectsLimit() {
        String text =
                "Rate limit reached for gpt-4o-mini in project proj_X organization org-X on tokens per min (TPM): Limit"
                        + " 50000, Used 47949, Requested 3006. Please try again in 1.146s." + VISIT;
        assertThat(throttled(read(429, error("tokens", "rate_limit_exceeded", text))))
                .isEqualTo(exceeded(
                        Dimension.PROJECT_TOKENS_PER_MINUTE,
                        "gpt-4o-mini",
                        50_000,
                        47_949,
                        3_006,
                        Duration.ofMillis(1_146)));
        assertThat(throttled(read(429, error("requests", null, text.replace("tokens per", "requests per"))))
                        .dimension())
                .contains(PROJECT_REQUESTS);
    }

    @Test
    void aSnapshotsRefusalNamesTheFamilyWhoseLimitItIs() {
        String text =
                "Rate limit reached for gpt-4o-2024-08-06 (for limit gpt-4o) in organization org-X on tokens per min"
                        + " (TPM): Limit 30000, Used 28039, Requested 3906. Please try again in 3.89s." + VISIT;
        assertThat(throttled(read(429, error("tokens", "rate_limit_exceeded", text))))
                .isEqualTo(exceeded(
                        Dimension.TOKENS_PER_MINUTE, "gpt-4o", 30_000, 28_039, 3_906, Duration.ofMillis(3_890)));
    }

    @Test
    void groqsServiceTierPhraseIsReadOver() {
        String text = "Rate limit reached for model `llama-3.3-70b-versatile` in organization `org_01` service tier"
                + " `on_demand` on tokens per minute (TPM): Limit 15000, Used 11972, Requested 4351. Please try again in"
                + " 5.289s. Need more tokens? Upgrade today.";
        assertThat(throttled(read(429, error("tokens", "rate_limit_exceeded", text))))
                .isEqualTo(exceeded(
                        Dimension.TOKENS_PER_MINUTE,
                        "llama-3.3-70b-versatile",
                        15_000,
                        11_972,
                        4_351,
                        Duration.ofMillis(5_289)));
    }

    @Test
    void theGrammarOf2023IsRead() {
        String text = "Rate limit reached for default-text-davinci-003 in organization org-X on tokens per min. Limit:"
                + " 150000.000000 / min. Current: 160000.000000 / min. Contact support@openai.com if you continue to have"
                + " issues.";
        LimitExceeded exceeded = throttled(read(429, error("tokens", null, text)));
        assertThat(exceeded.dimension()).contains(Dimension.TOKENS_PER_MINUTE);
        assertThat(exceeded.model()).contains("default-text-davinci-003");
        assertThat(exceeded.limit()).hasValue(150_000);
        assertThat(exceeded.used()).hasValue(160_000);
        assertThat(exceeded.requested()).isEmpty();
        assertThat(exceeded.tryAgainIn()).isEmpty();
    }

    @Test
    void imagesPerMinuteHaveTheirOwnGrammar() {
        String text =
                "Rate limit exceeded for images per minute in organization org-X. Limit: 5/1min. Current: 6/1min. Please"
                        + " visit https://platform.openai.com/docs/guides/rate-limits to learn how to increase your rate limit.";
        LimitExceeded exceeded = throttled(read(429, error("requests", "rate_limit_exceeded", text)));
        assertThat(exceeded.dimension()).contains(Dimension.IMAGES_PER_MINUTE);
        assertThat(exceeded.model()).isEmpty();
        assertThat(exceeded.limit()).hasValue(5);
        assertThat(exceeded.used()).hasValue(6);
    }

    @Test
    void aLimitOfZeroIsNeverWaitedFor() {
        String text =
                "Rate limit exceeded for images per minute in organization org-X. Limit: 0/1min. Current: 1/1min.";
        assertThat(read(429, error("requests", "rate_limit_exceeded", text)))
                .isInstanceOfSatisfying(Rejected.class, rejected -> {
                    assertThat(rejected.reason()).isEqualTo(RejectedBecause.LARGER_THAN_LIMIT);
                    assertThat(rejected.explanation()).contains("no images per minute");
                });
    }

    @ParameterizedTest
    @CsvSource({"token, TOKENS", "call, REQUESTS"})
    void azureSaysSecondsInWords(String word, Unit unit) {
        String text =
                "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-02-15-preview have"
                        + " exceeded " + word
                        + " rate limit of your current OpenAI S0 pricing tier. Please retry after 33 seconds."
                        + " Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase the default rate"
                        + " limit.";
        LimitExceeded exceeded = throttled(read(429, error(null, "429", text)));
        assertThat(exceeded.dimension()).contains(new Dimension(Scope.ORGANIZATION, unit, Duration.ofMinutes(1)));
        assertThat(exceeded.tryAgainIn()).contains(Duration.ofSeconds(33));
        assertThat(exceeded.limit()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "429 | tokens | Request too large for gpt-4o in organization org-X on tokens per min (TPM): Limit 30000, Requested 45411. The input or output tokens must be reduced in order to run successfully.",
                "429 | tokens | Request too large for gpt-4.1-2025-04-14 (for limit gpt-4.1) in organization org-X on tokens per min (TPM): Limit 30000, Requested 45411. The input or output tokens must be reduced in order to run successfully.",
                "429 | tokens | Rate limit reached for gpt-4o in organization org-X on tokens per min (TPM): Limit 30000, Used 0, Requested 45411. Please try again in 30.822s.",
                "413 | tokens | Request too large for model `llama-3.1-8b-instant` in organization `org_01` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Requested 7056, please reduce your message size and try again."
            })
    void whatIsLargerThanTheLimitIsNeverRepeated(int status, String type, String text) {
        assertThat(read(status, error(type, "rate_limit_exceeded", text)))
                .isInstanceOfSatisfying(Rejected.class, rejected -> {
                    assertThat(rejected.reason()).isEqualTo(RejectedBecause.LARGER_THAN_LIMIT);
                    assertThat(rejected.explanation()).contains("tokens per minute", "waiting does not help");
                });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "429 | insufficient_quota | insufficient_quota | You exceeded your current quota, please check your plan and billing details. | NO_CREDIT",
                "429 | insufficient_quota | credit_balance_exhausted | You have no credits remaining. Add credits to continue using the API at https://platform.openai.com/settings/organization/billing/. | NO_CREDIT",
                "429 | insufficient_quota | organization_spend_limit_exceeded | text | SPEND_LIMIT",
                "429 | insufficient_quota | project_spend_limit_exceeded | text | SPEND_LIMIT",
                "429 | insufficient_quota | organization_usage_limit_exceeded | text | SPEND_LIMIT",
                "429 | insufficient_quota | some_newer_code | text | NO_CREDIT",
                "429 | | | You exceeded your current quota, please check your plan and billing details. | NO_CREDIT",
                "400 | invalid_request_error | billing_hard_limit_reached | Billing hard limit has been reached | SPEND_LIMIT",
                "400 | billing_limit_user_error | billing_hard_limit_reached | Billing hard limit has been reached | SPEND_LIMIT",
                "400 | image_generation_user_error | | Billing hard limit has been reached | SPEND_LIMIT",
                "402 | | | Insufficient Balance | NO_CREDIT",
                "401 | invalid_request_error | invalid_api_key | Incorrect API key provided: sk-abc. | BAD_KEY",
                "401 | invalid_request_error | | You didn't provide an API key. | BAD_KEY",
                "401 | | | You have insufficient permissions for this operation. Missing scopes: model.request. | NO_PERMISSION",
                "403 | request_forbidden | unsupported_country_region_territory | Country, region, or territory not supported | NO_PERMISSION"
            })
    void anAccountThatCannotGoOnIsStopped(
            int status, @Nullable String type, @Nullable String code, String text, StoppedBecause reason) {
        assertThat(VerdictReader.read(
                        status, HeaderLookup.of(Map.of("x-should-retry", "true")), error(type, code, text)))
                .isInstanceOfSatisfying(
                        AccountStopped.class,
                        stopped -> assertThat(stopped.reason()).isEqualTo(reason));
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void slowDownHasEitherStatus(int status) {
        HeaderLookup headers = HeaderLookup.of(Map.of("Retry-After", "56"));
        assertThat(VerdictReader.read(status, headers, error("rate_limit_error", "slow_down", "Slow down")))
                .isInstanceOfSatisfying(
                        SlowDown.class, slow -> assertThat(slow.retryAfter()).contains(Duration.ofSeconds(56)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "429 | | | Flex does not have sufficient resources available to fulfill your request. You can try again later in case more resources are available, or change service_tier=default. | OVERLOADED",
                "500 | server_error | | The server had an error while processing your request. Sorry about that! | SERVER_ERROR",
                "502 | | | | SERVER_ERROR",
                "504 | | | | SERVER_ERROR",
                "520 | | | | SERVER_ERROR",
                "503 | service_unavailable_error | server_is_overloaded | Our servers are currently overloaded. Please try again later. | OVERLOADED",
                "503 | service_unavailable_error | server_is_overloaded | Selected model is at capacity. Please try a different model. | OVERLOADED",
                "503 | server_error | | That model is currently overloaded with other requests. You can retry your request. | OVERLOADED",
                "429 | server_error | | That model is currently overloaded with other requests. | OVERLOADED",
                "503 | | | | OVERLOADED",
                "529 | overloaded_error | | Overloaded | OVERLOADED",
                "408 | | | | CONFLICT",
                "409 | | | | CONFLICT"
            })
    void aFaultMayBeRepeated(
            int status, @Nullable String type, @Nullable String code, @Nullable String text, Fault fault) {
        HeaderLookup headers = HeaderLookup.of(Map.of("Retry-After", "7"));
        assertThat(VerdictReader.read(status, headers, error(type, code, text == null ? "" : text)))
                .isInstanceOfSatisfying(Transient.class, repeatable -> {
                    assertThat(repeatable.fault()).isEqualTo(fault);
                    assertThat(repeatable.retryAfter()).contains(Duration.ofSeconds(7));
                });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "400 | invalid_request_error | | Invalid service_tier argument: The requested service tier is not allowed for this project. | service_tier | BAD_REQUEST",
                "400 | invalid_request_error | context_length_exceeded | too long | messages | BAD_REQUEST",
                "422 | | | | | BAD_REQUEST",
                "404 | invalid_request_error | model_not_found | The model `gpt-9` does not exist | | NOT_FOUND",
                "403 | invalid_request_error | model_not_found | Project `proj_X` does not have access to model `gpt-9` | | NOT_FOUND",
                "404 | | | | | NOT_FOUND",
                "308 | | | | | NOT_FOUND",
                "403 | | | | | NOT_ALLOWED",
                "400 | invalid_request_error | content_policy_violation | Your request was rejected | | NOT_ALLOWED",
                "413 | | | | | LARGER_THAN_LIMIT"
            })
    void aWrongRequestIsRejected(
            int status,
            @Nullable String type,
            @Nullable String code,
            @Nullable String text,
            @Nullable String param,
            RejectedBecause reason) {
        assertThat(read(status, error(type, code, text == null ? "" : text, param)))
                .isInstanceOfSatisfying(
                        Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(reason));
    }

    @Test
    void theParameterToCorrectIsNamed() {
        assertThat(read(400, error("invalid_request_error", null, "Invalid argument", "service_tier"))
                        .explanation())
                .contains("service_tier");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "<html>Too many requests</html>",
                "{\"error\":null}",
                "{\"error\":{\"message\":",
                "[]",
                "null"
            })
    void a429WithoutAnythingIsStillAWait(String body) {
        assertThat(throttled(read(429, body.getBytes(StandardCharsets.UTF_8))))
                .isEqualTo(LimitExceeded.unexplained(Optional.empty()));
    }

    @Test
    void aPlainTextErrorIsReadToo() {
        byte[] body = "{\"error\":\"Please retry after 5 seconds\"}".getBytes(StandardCharsets.UTF_8);
        assertThat(throttled(read(429, body)).tryAgainIn()).contains(Duration.ofSeconds(5));
    }

    @Test
    void theTextsWaitIsMoreExactThanTheHeaders() {
        String text =
                "Rate limit reached for gpt-4o in organization org-X on tokens per min (TPM): Limit 30000, Used 18928,"
                        + " Requested 11159. Please try again in 174ms.";
        HeaderLookup headers = HeaderLookup.of(Map.of("Retry-After", "1", "retry-after-ms", "175"));
        assertThat(throttled(VerdictReader.read(429, headers, error("tokens", "rate_limit_exceeded", text)))
                        .tryAgainIn())
                .contains(Duration.ofMillis(174));
        assertThat(throttled(VerdictReader.read(429, headers, new byte[0])).tryAgainIn())
                .contains(Duration.ofMillis(175));
    }

    @Test
    void aWaitThatTheFiguresContradictSlightlyDoesNotChangeTheNamedWindow() {
        String text =
                "Rate limit reached for gpt-4o in organization org-X on tokens per min (TPM): Limit 30000, Used 29123,"
                        + " Requested 1800. Please try again in 1.898s.";
        assertThat(throttled(read(429, error("tokens", "rate_limit_exceeded", text)))
                        .dimension())
                .contains(Dimension.TOKENS_PER_MINUTE);
    }

    @Test
    void shouldRetryFalseEndsFaultsButNotExplainedWaits() {
        HeaderLookup no = HeaderLookup.of(Map.of("x-should-retry", "false"));
        assertThat(VerdictReader.read(500, no, new byte[0])).isInstanceOf(Rejected.class);
        assertThat(VerdictReader.read(429, no, new byte[0])).isInstanceOf(Rejected.class);
        String text =
                "Rate limit reached for gpt-4o in organization org-X on tokens per min (TPM): Limit 30000, Used 18928,"
                        + " Requested 11159. Please try again in 174ms.";
        assertThat(VerdictReader.read(429, no, error("tokens", "rate_limit_exceeded", text)))
                .isInstanceOf(Throttled.class);
    }

    @Test
    void shouldRetryTrueRepeatsABadRequestButNothingThatIsTooLarge() {
        HeaderLookup yes = HeaderLookup.of(Map.of("x-should-retry", "true"));
        assertThat(VerdictReader.read(400, yes, new byte[0])).isInstanceOf(Transient.class);
        assertThat(VerdictReader.read(413, yes, new byte[0])).isInstanceOf(Rejected.class);
    }

    @Test
    void successIsAccepted() {
        assertThat(read(200, "{\"error\":{\"code\":\"x\"}}".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(new Verdict.Accepted());
    }

    @Test
    void aStreamMayEndInARefusal() {
        String data =
                "{\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":"
                        + "\"Rate limit reached for gpt-5.1 in organization org-AAA on tokens per min (TPM): Limit 30000, Used 22999,"
                        + " Requested 12528. Please try again in 11.054s. Visit ...\"}}}";
        Optional<Verdict> verdict =
                VerdictReader.readStreamEvent(HeaderLookup.none(), data.getBytes(StandardCharsets.UTF_8));
        assertThat(throttled(verdict.orElseThrow()))
                .isEqualTo(exceeded(
                        Dimension.TOKENS_PER_MINUTE, "gpt-5.1", 30_000, 22_999, 12_528, Duration.ofMillis(11_054)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"error\":{\"message\":\"Sorry\",\"type\":\"server_error\",\"code\":null}} | Transient",
                "{\"error\":{\"message\":\"x\",\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}} | AccountStopped",
                "{\"error\":{\"message\":\"x\",\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\"}} | Throttled",
                "{\"error\":{\"message\":\"x\",\"type\":\"invalid_request_error\",\"code\":null}} | Rejected",
                "{\"type\":\"error\",\"code\":\"slow_down\",\"message\":\"x\",\"param\":null} | SlowDown",
                "{\"type\":\"response.failed\",\"response\":{}} | Transient"
            })
    void anErrorInsideAStreamHasTheSameMeanings(String data, String kind) {
        Optional<Verdict> verdict =
                VerdictReader.readStreamEvent(HeaderLookup.none(), data.getBytes(StandardCharsets.UTF_8));
        assertThat(verdict.orElseThrow().getClass().getSimpleName()).isEqualTo(kind);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[DONE]",
                "{\"choices\":[{\"delta\":{\"content\":\"an \\\"error\\\" and response.failed\"}}]}",
                "{\"type\":\"response.created\",\"response\":{\"error\":null},\"error\":null}",
                ""
            })
    void aPieceOfAnAnswerIsNoError(String data) {
        assertThat(VerdictReader.readStreamEvent(HeaderLookup.none(), data.getBytes(StandardCharsets.UTF_8)))
                .isEmpty();
    }

    @Test
    void explanationsRepeatNoIdsKeysOrPrompts() {
        String text =
                "Rate limit reached for ft:gpt-4o-mini:acme::abc in project proj_SECRET organization org-SECRET on tokens"
                        + " per min (TPM): Limit 50000, Used 47949, Requested 3006. Please try again in 1.146s.";
        assertThat(read(429, error("tokens", "rate_limit_exceeded", text)).explanation())
                .isEqualTo(
                        "The project tokens per minute of gpt-4o-mini are used up (limit 50,000, used 47,949, requested"
                                + " 3,006); this request fits in 1.146s.");
        assertThat(read(401, error(null, "invalid_api_key", "Incorrect API key provided: sk-SECRET"))
                        .explanation())
                .doesNotContain("SECRET");
        assertThat(read(400, error("SECRET", "a secret prompt", "SECRET", "SECRET = 1"))
                        .explanation())
                .doesNotContain("SECRET")
                .doesNotContain("secret");
    }

    @Test
    void aMonthlyLimitIsCalledByItsRealWindow() {
        String text =
                "Rate limit reached for gpt-4o-mini in organization org-X on tokens per min (TPM): Limit 100000, Used"
                        + " 96749, Requested 19126. Please try again in 114h18m0s.";
        Verdict verdict = read(429, error("tokens", "rate_limit_exceeded", text));
        assertThat(throttled(verdict).dimension()).contains(MONTHLY_TOKENS);
        assertThat(verdict.explanation()).contains("tokens per 30 days", "114h18m0s");
    }
}
