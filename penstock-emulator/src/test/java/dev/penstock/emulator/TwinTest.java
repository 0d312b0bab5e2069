package dev.penstock.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.wire.HeaderLookup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TwinTest {
    private static final long MS = 1_000_000;
    private static final long SECOND = 1_000 * MS;

    /** Close to a sign change. */
    private static final long T = Long.sum(Long.MAX_VALUE, -10 * SECOND);

    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void theChargeOfTheObservedHeaderIsReproduced() {
        Twin twin = twin(limits(new Limit(Dimension.TOKENS_PER_MINUTE, 10_000)));
        Arrival.Admitted answer = admitted(twin, chat("gpt-4", "Who is Joseph Conrad?", ",\"max_tokens\":512"), T);
        assertThat(answer.headers())
                .containsEntry("x-ratelimit-limit-tokens", "10000")
                .containsEntry("x-ratelimit-remaining-tokens", "9481")
                .containsEntry("x-ratelimit-reset-tokens", "3.114s")
                .doesNotContainKey("x-ratelimit-limit-requests");
        assertThat(json(answer.body()).at("/usage/prompt_tokens").asInt()).isEqualTo(12);
    }

    @ParameterizedTest(name = "{0}: {1} tokens")
    @CsvSource({"SUM, 1031", "MAX, 1024", "INPUT, 7"})
    void nMultipliesTheReservedOutput(ChargeRule rule, long charged) {
        Twin twin = twin(TwinSettings.builder().chargeRule(rule));
        admitted(twin, chat("gpt-4", "Who is Joseph Conrad?", ",\"max_tokens\":512,\"n\":2"), T);
        assertThat(twin.ledger().tokensCharged()).isEqualTo(charged);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "/v1/chat/completions | {\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"12345678\"}]} | 3",
                "/v1/chat/completions | {\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"1234\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:aaaaaaaaaaaaaaaaaaaaaaaaa\"}}]}],\"model\":\"m\"} | 2",
                "/v1/completions | {\"model\":\"m\",\"prompt\":\"12345678\"} | 19",
                "/v1/completions | {\"model\":\"m\",\"prompt\":[\"1234\",\"5678\"],\"n\":3,\"max_tokens\":10} | 63",
                "/v1/responses | {\"model\":\"m\",\"input\":\"12345678\",\"instructions\":\"1234\",\"max_output_tokens\":100} | 104",
                "/v1/embeddings | {\"model\":\"m\",\"input\":[\"1234\",\"1234\",\"1234\"]} | 4",
                "/v1/embeddings | {\"model\":\"m\",\"input\":[1,2,3]} | 4",
                "/v1/moderations | {\"input\":\"12345678\"} | 3",
            })
    void everyEndpointHasItsCharge(String path, String body, long tokens) {
        Twin twin = twin(TwinSettings.builder());
        admitted(twin, path, body, T);
        assertThat(twin.ledger().tokensCharged()).isEqualTo(tokens);
    }

    @Test
    void aModelWithADailyRequestLimitShowsThatOneInItsHeaders() {
        Twin twin = twin(TwinSettings.builder().limits(FamilyLimits.ofTier("1")));
        assertThat(admitted(twin, chat("gpt-4o-mini", "hi", ""), T).headers())
                .containsEntry("x-ratelimit-limit-requests", "10000")
                .containsEntry("x-ratelimit-remaining-requests", "9999")
                .containsEntry("x-ratelimit-reset-requests", "8.64s")
                .containsEntry("x-ratelimit-limit-tokens", "200000");
        assertThat(admitted(twin, chat("gpt-4o", "hi", ""), T).headers())
                .containsEntry("x-ratelimit-limit-requests", "500")
                .containsEntry("x-ratelimit-reset-requests", "120ms");
    }

    @Test
    void withoutLimitsThereAreNoRateLimitHeaders() {
        Twin twin = twin(TwinSettings.builder());
        assertThat(admitted(twin, chat("gpt-4o", "hi", ""), T).headers().keySet())
                .noneMatch(name -> name.startsWith("x-ratelimit"));
    }

    @Test
    void snapshotsShareTheQuotaOfTheirFamilyAndOtherFamiliesDoNot() {
        Twin twin = twin(limits(new Limit(Dimension.REQUESTS_PER_MINUTE, 1)));
        admitted(twin, chat("gpt-4o", "hi", ""), T);
        assertThat(text(refused(twin, chat("gpt-4o-2024-08-06", "hi", ""), T))).isEqualTo("""
                        {
                          "error": {
                            "message": "Rate limit reached for gpt-4o-2024-08-06 (for limit gpt-4o) in organization \
                        org-penstock on requests per min (RPM): Limit 1, Used 1, Requested 1. Please try again in 1m0s. \
                        Visit https://platform.openai.com/account/rate-limits to learn more.",
                            "type": "requests",
                            "param": null,
                            "code": "rate_limit_exceeded"
                          }
                        }""");
        admitted(twin, chat("gpt-4o-mini", "hi", ""), T);
    }

    @Test
    void aRefusalStatesTheExactWaitAndRetryAfterInWholeSeconds() {
        Twin twin = twin(limits(new Limit(Dimension.TOKENS_PER_MINUTE, 50_000)));
        admitted(twin, chat("gpt-4o-mini", "", ",\"max_tokens\":47948"), T);
        Arrival.Refused refused = refused(twin, chat("gpt-4o-mini", "", ",\"max_tokens\":3005"), T);
        assertThat(refused.status()).isEqualTo(429);
        assertThat(text(refused))
                .contains(
                        "on tokens per min (TPM): Limit 50000, Used 47949, Requested 3006. Please try again in 1.146s. ");
        assertThat(refused.headers())
                .containsEntry("retry-after", "2")
                .containsEntry("x-ratelimit-remaining-tokens", "2051")
                .containsEntry("content-type", "application/json");
        assertThat(twin.ledger().refused()).isEqualTo(Map.of(Refusal.TOKENS_PER_MINUTE, 1L));
        assertThat(twin.ledger().tokensCharged()).isEqualTo(47_949);
    }

    @Test
    void aRefusalOfAProjectLimitNamesProjectAndOrganization() {
        Twin twin = twin(limits(new Limit(Dimension.PROJECT_TOKENS_PER_MINUTE, 100)));
        admitted(twin, chat("gpt-4o", "", ",\"max_tokens\":99"), T);
        assertThat(text(refused(twin, chat("gpt-4o", "", ""), T)))
                .contains(
                        "for gpt-4o in project proj_penstock organization org-penstock on tokens per min (TPM): Limit 100");
        assertThat(admitted(twin, chat("gpt-4o", "", ""), T + 30 * SECOND).headers())
                .containsEntry("x-ratelimit-limit-project-tokens", "100")
                .containsEntry("x-ratelimit-remaining-project-tokens", "49");
    }

    @Test
    void aRefusalByADailyLimitHasNoRetryAfter() {
        Twin twin = twin(limits(new Limit(Dimension.REQUESTS_PER_DAY, 200)));
        for (int i = 0; i < 200; i++) {
            admitted(twin, chat("gpt-4o", "", ""), T);
        }
        Arrival.Refused refused = refused(twin, chat("gpt-4o", "", ""), T);
        assertThat(text(refused))
                .contains("on requests per day (RPD): Limit 200, Used 200, Requested 1. Please try again in 7m12s.");
        assertThat(refused.headers()).doesNotContainKey("retry-after");
    }

    @Test
    void aRequestLargerThanTheLimitIsToldSoWithoutAWait() {
        Twin twin = twin(limits(new Limit(Dimension.TOKENS_PER_MINUTE, 30_000)));
        Arrival.Refused refused = refused(twin, chat("gpt-4o", "", ",\"max_tokens\":45410"), T);
        assertThat(text(refused))
                .contains(
                        "\"Request too large for gpt-4o in organization org-penstock on tokens per min (TPM): Limit 30000, "
                                + "Requested 45411. The input or output tokens must be reduced in order to run successfully. "
                                + "Visit https://platform.openai.com/account/rate-limits to learn more.\"");
        assertThat(refused.headers()).doesNotContainKey("retry-after");
        assertThat(twin.ledger().refused()).isEqualTo(Map.of(Refusal.TOO_LARGE, 1L));
    }

    @Test
    void whoComesBackBeforeTheToldWaitIsOverIsTooEarly() {
        Twin twin = twin(limits(new Limit(Dimension.REQUESTS_PER_MINUTE, 1)));
        admitted(twin, chat("m", "", ""), T);
        refused(twin, chat("m", "", ""), T + SECOND);
        assertThat(twin.ledger().tooEarly()).isZero();
        refused(twin, chat("m", "", ""), T + 2 * SECOND);
        assertThat(twin.ledger().tooEarly()).isEqualTo(1);
        admitted(twin, chat("m", "", ""), T + 62 * SECOND);
        refused(twin, chat("m", "", ""), T + 63 * SECOND);
        assertThat(twin.ledger().tooEarly()).isEqualTo(1);
        assertThat(twin.ledger().refusedTotal()).isEqualTo(3);
    }

    @Test
    void aFixedWindowOfFiveSecondsStartsAgainEveryFiveSeconds() {
        Twin twin = twin(limits(LimitText.parse("20req/5s")).shape(Shape.parse("fixed")));
        twin.start(T);
        for (int i = 0; i < 20; i++) {
            admitted(twin, chat("m", "", ""), T + 3 * SECOND);
        }
        Arrival.Refused refused = refused(twin, chat("m", "", ""), T + 3 * SECOND + 600 * MS);
        assertThat(text(refused))
                .contains("on requests per 5s: Limit 20, Used 20, Requested 1. Please try again in 1.4s. ");
        assertThat(refused.headers())
                .containsEntry("retry-after", "2")
                .containsEntry("x-ratelimit-limit-requests", "20")
                .containsEntry("x-ratelimit-remaining-requests", "0")
                .containsEntry("x-ratelimit-reset-requests", "1.4s");
        assertThat(twin.ledger().refused()).isEqualTo(Map.of(Refusal.OTHER_LIMIT, 1L));
        for (int i = 0; i < 20; i++) {
            admitted(twin, chat("m", "", ""), T + 5 * SECOND);
        }
        refused(twin, chat("m", "", ""), T + 10 * SECOND - 1);
        admitted(twin, chat("m", "", ""), T + 10 * SECOND);
    }

    @ParameterizedTest(name = "{0}: {1} at once, the next after {2} ms")
    @CsvSource({"bucket, 20, 250", "bucket:1s, 4, 250", "quantized, 4, 250", "sliding, 20, 5000", "fixed, 20, 5000"})
    void everyShapeEnforcesAWindowOfFiveSeconds(String shape, int atOnce, long nextMillis) {
        Twin twin = twin(limits(LimitText.parse("20req/5s")).shape(Shape.parse(shape)));
        for (int i = 0; i < atOnce; i++) {
            admitted(twin, chat("m", "", ""), T);
        }
        refused(twin, chat("m", "", ""), T + nextMillis * MS - 1);
        admitted(twin, chat("m", "", ""), T + nextMillis * MS);
    }

    @Test
    void severalWindowsHoldAtTheSameTime() {
        Twin twin = twin(limits(LimitText.parse("20req/5s"), LimitText.parse("100tok/10s"))
                .shape(Shape.parse("fixed")));
        admitted(twin, chat("m", "", ",\"max_tokens\":89"), T);
        assertThat(text(refused(twin, chat("m", "", ",\"max_tokens\":19"), T + 6 * SECOND)))
                .contains("on tokens per 10s: Limit 100, Used 90, Requested 20. Please try again in 4s.");
        admitted(twin, chat("m", "", ",\"max_tokens\":19"), T + 10 * SECOND);
    }

    @Test
    void limitsThatAreNotShownLeaveARefusalWithRetryAfterAlone() {
        Twin twin = twin(limits(LimitText.parse("1req/5s"), LimitText.parse("60tok/1d"))
                .shape(Shape.parse("fixed"))
                .limitHeaders(false));
        assertThat(admitted(twin, chat("m", "", ""), T).headers().keySet())
                .noneMatch(name -> name.startsWith("x-ratelimit"));
        Arrival.Refused refused = refused(twin, chat("m", "", ""), T + 600 * MS);
        assertThat(refused.headers()).containsEntry("retry-after", "5");
        assertThat(refused.headers().keySet()).noneMatch(name -> name.startsWith("x-ratelimit"));
        assertThat(json(refused.body()).at("/error/message").asText()).isEqualTo("Rate limit exceeded.");
        // The wait of a day is told as well: there is no text that could tell it.
        admitted(twin, chat("m", "", ",\"max_tokens\":58"), T + 5 * SECOND);
        assertThat(refused(twin, chat("m", "", ""), T + 10 * SECOND).headers()).containsEntry("retry-after", "86390");
        assertThat(json(refused(twin, chat("m", "", ",\"max_tokens\":99"), T + 10 * SECOND)
                                .body())
                        .at("/error/message")
                        .asText())
                .isEqualTo("Request too large.");
    }

    @Test
    void whereOnlyWholeSecondsAreToldComingBackBeforeThemIsTooEarly() {
        Twin twin = twin(limits(LimitText.parse("2req/5s")).limitHeaders(false).shape(Shape.parse("bucket")));
        admitted(twin, chat("m", "", ""), T);
        admitted(twin, chat("m", "", ""), T);
        assertThat(refused(twin, chat("m", "", ""), T + 300 * MS).headers()).containsEntry("retry-after", "3");
        admitted(twin, chat("m", "", ""), T + 2_600 * MS);
        refused(twin, chat("m", "", ""), T + 3_299 * MS);
        assertThat(twin.ledger().tooEarly()).isEqualTo(1);
    }

    @Test
    void imagesAreCountedByTheNumberAskedForAndNeverAsTokens() {
        Twin twin = twin(limits(LimitText.parse("5img/1m"), LimitText.parse("9req/1m"), LimitText.parse("1tok/1m"))
                .shape(Shape.parse("fixed")));
        String path = "/v1/images/generations";
        Arrival.Admitted four = admitted(twin, path, "{\"prompt\":\"a cat\",\"n\":4}", T);
        assertThat(json(four.body()).at("/data")).hasSize(4);
        assertThat(Base64.getDecoder()
                        .decode(json(four.body()).at("/data/3/b64_json").asText()))
                .startsWith(0x89, 'P', 'N', 'G');
        assertThat(four.headers().keySet()).noneMatch(name -> name.startsWith("x-ratelimit"));
        admitted(twin, path, "{\"prompt\":\"a cat\"}", T);
        Arrival.Refused refused = refused(twin, path, "{\"prompt\":\"a cat\"}", T + 300 * MS);
        assertThat(text(refused))
                .contains("\"Rate limit exceeded for images per minute in organization org-penstock. Limit: 5/1min."
                        + " Current: 6/1min. Please visit ");
        assertThat(refused.headers())
                .containsEntry("retry-after", "60")
                .doesNotContainKey("x-ratelimit-limit-requests");
        assertThat(twin.ledger().tokensCharged()).isZero();
        assertThat(twin.ledger().refused()).isEqualTo(Map.of(Refusal.OTHER_LIMIT, 1L));
    }

    @Test
    void moreImagesThanTheApiMakesAreAMistake() {
        Twin twin = twin(TwinSettings.builder());
        Arrival.Refused refused = refused(twin, "/v1/images/generations", "{\"prompt\":\"a cat\",\"n\":11}", T);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(text(refused)).contains("Expected a value <= 10, but got 11 instead.");
    }

    @Test
    void imagesOfARequestThatFailedAreGivenBackIfFailuresAreFree() {
        Twin twin = twin(limits(LimitText.parse("5img/1m")).chargeFailed(false).faults(FaultPlan.parse("500=100%")));
        Arrival.Admitted failed = admitted(twin, "/v1/images/generations", "{\"prompt\":\"a cat\",\"n\":5}", T);
        refused(twin, "/v1/images/generations", "{\"prompt\":\"a dog\"}", T);
        twin.finished(failed.ticket(), T);
        admitted(twin, "/v1/images/generations", "{\"prompt\":\"a dog\",\"n\":5}", T);
    }

    @Test
    void aFormIsReadWhereOneIsTaken() {
        Twin twin = twin(limits(LimitText.parse("5img/1m"), LimitText.parse("1tok/1m")));
        Arrival.Admitted edit = (Arrival.Admitted) form(twin, "/v1/images/edits", "gpt-image-1", "3");
        assertThat(json(edit.body()).at("/data")).hasSize(3);
        assertThat(form(twin, "/v1/images/edits", "gpt-image-1", "3")).isInstanceOf(Arrival.Refused.class);
        Arrival.Admitted heard = (Arrival.Admitted) form(twin, "/v1/audio/transcriptions", "whisper-1", "1");
        assertThat(json(heard.body()).at("/text").asText()).isNotBlank();
        assertThat(((Arrival.Refused) form(twin, "/v1/audio/transcriptions", "", "1")).status())
                .isEqualTo(400);
        assertThat(((Arrival.Refused) form(twin, "/v1/chat/completions", "gpt-4o", "1")).status())
                .isEqualTo(400);
        assertThat(((Arrival.Refused) form(twin, "/v1/images/edits", "gpt-image-1", "many")).status())
                .isEqualTo(400);
        assertThat(refused(twin, "/v1/audio/transcriptions", "{\"model\":\"whisper-1\"}", T)
                        .status())
                .isEqualTo(400);
    }

    @Test
    void speechIsSoundOfTheSameBytesForTheSameText() {
        Twin twin = twin(
                limits(LimitText.parse("1req/1m"), LimitText.parse("1tok/1m")).shape(Shape.parse("fixed")));
        String hello = "{\"model\":\"tts-1\",\"voice\":\"alloy\",\"input\":\"Hello, world\"}";
        Arrival.Admitted sound = admitted(twin, "/v1/audio/speech", hello, T);
        assertThat(sound.headers())
                .containsEntry("content-type", "audio/mpeg")
                .containsEntry("x-ratelimit-remaining-requests", "0");
        assertThat(sound.body()).hasSize(16_384).contains(0, '\r', '\n', 0xff);
        assertThat(refused(twin, "/v1/audio/speech", hello, T).headers()).containsEntry("retry-after", "60");
        assertThat(admitted(twin, "/v1/audio/speech", hello, T + 60 * SECOND).body())
                .isEqualTo(sound.body());
    }

    private static Arrival form(Twin twin, String path, String model, String n) {
        String body = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n" + model
                + "\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n\0\r\n--\1"
                + "\r\n--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n" + n + "\r\n--b--\r\n";
        HeaderLookup headers = HeaderLookup.of(Map.of("Content-Type", "multipart/form-data; boundary=b"));
        return twin.arrive("POST", path, headers, body.getBytes(StandardCharsets.UTF_8), T);
    }

    @Test
    void theConcurrencyCapFreesASlotWhenAnAnswerIsDoneOrItsClientIsGone() {
        Twin twin = twin(TwinSettings.builder().concurrency(2));
        Arrival.Admitted first = admitted(twin, chat("m", "a", ""), T);
        Arrival.Admitted second = admitted(twin, chat("m", "b", ""), T);
        assertThat(text(refused(twin, chat("m", "c", ""), T))).contains("on concurrent requests: Limit 2, Used 2");
        twin.finished(first.ticket(), T + MS);
        twin.finished(first.ticket(), T + MS);
        twin.hungUp(first.ticket(), T + MS);
        admitted(twin, chat("m", "c", ""), T + MS);
        refused(twin, chat("m", "d", ""), T + MS);
        twin.hungUp(second.ticket(), T + 2 * MS);
        admitted(twin, chat("m", "d", ""), T + 2 * MS);
        Ledger ledger = twin.ledger();
        assertThat(ledger.inFlight()).isEqualTo(2);
        assertThat(ledger.peakConcurrency()).isEqualTo(2);
        assertThat(ledger.answered()).isEqualTo(1);
        assertThat(ledger.hangUps()).isEqualTo(1);
        assertThat(ledger.refused(Refusal.CONCURRENCY)).isEqualTo(2);
    }

    @Test
    void aRefundGivesBackWhatTheAnswerDidNotUse() {
        Twin twin = twin(limits(new Limit(Dimension.TOKENS_PER_MINUTE, 60_000))
                .refund(true)
                .outputLength(new OutputLength(10, 0)));
        Arrival.Admitted answer = admitted(twin, chat("m", "", ",\"max_tokens\":9999"), T);
        twin.finished(answer.ticket(), T);
        long used = json(answer.body()).at("/usage/total_tokens").asLong();
        assertThat(twin.ledger().tokensRefunded()).isEqualTo(10_000 - used);
        assertThat(admitted(twin, chat("m", "", ""), T).headers())
                .containsEntry("x-ratelimit-remaining-tokens", Long.toString(60_000 - used - 1));
    }

    @Test
    void withoutARefundTheWholeReservationStaysCharged() {
        Twin twin = twin(limits(new Limit(Dimension.TOKENS_PER_MINUTE, 60_000)));
        twin.finished(admitted(twin, chat("m", "", ",\"max_tokens\":9999"), T).ticket(), T);
        assertThat(admitted(twin, chat("m", "", ""), T).headers())
                .containsEntry("x-ratelimit-remaining-tokens", "49999");
    }

    @ParameterizedTest(name = "charge failed: {0}")
    @ValueSource(booleans = {true, false})
    void aFailedRequestIsChargedUnlessToldOtherwise(boolean charge) {
        Twin twin = twin(
                limits(new Limit(Dimension.REQUESTS_PER_MINUTE, 100), new Limit(Dimension.TOKENS_PER_MINUTE, 60_000))
                        .chargeFailed(charge)
                        .faults(FaultPlan.parse("500=100%")));
        Arrival.Admitted failed = admitted(twin, chat("m", "", ",\"max_tokens\":999"), T);
        assertThat(failed.status()).isEqualTo(500);
        assertThat(failed.body()).hasSize(175);
        assertThat(failed.headers()).containsEntry("x-ratelimit-remaining-requests", "99");
        twin.finished(failed.ticket(), T);
        assertThat(admitted(twin, chat("m", "", ""), T).headers())
                .containsEntry("x-ratelimit-remaining-requests", charge ? "98" : "99")
                .containsEntry("x-ratelimit-remaining-tokens", charge ? "58999" : "59999");
    }

    @ParameterizedTest(name = "charge refused: {0}")
    @ValueSource(booleans = {true, false})
    void aRefusalTakesARequestOnlyWhenToldSoAndNeverTokens(boolean charge) {
        Twin twin =
                twin(limits(new Limit(Dimension.REQUESTS_PER_MINUTE, 10), new Limit(Dimension.TOKENS_PER_MINUTE, 1_000))
                        .chargeRefused(charge));
        admitted(twin, chat("m", "", ",\"max_tokens\":999"), T);
        assertThat(refused(twin, chat("m", "", ""), T).headers())
                .containsEntry("x-ratelimit-remaining-requests", charge ? "8" : "9")
                .containsEntry("x-ratelimit-remaining-tokens", "0");
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void everyFaultLooksLikeItself(Fault fault) throws IOException {
        Twin twin = twin(limits(new Limit(Dimension.TOKENS_PER_MINUTE, 60_000))
                .latency(Latency.parse("2s"))
                .faults(new FaultPlan(Map.of(fault, 1.0))));
        Arrival.Admitted broken = admitted(twin, chat("m", "hi", ",\"stream\":true"), T);
        assertThat(broken.outcome()).isEqualTo(new Outcome.Broken(fault));
        assertThat(twin.ledger().faults(fault)).isEqualTo(1);
        String text = new String(broken.body(), StandardCharsets.UTF_8);
        switch (fault) {
            case SERVER_ERROR -> assertThat(text).contains("The server had an error while processing your request");
            case OVERLOADED -> assertThat(text).contains("server_is_overloaded");
            case RESET_BEFORE, HANG -> assertThat(broken.body()).isEmpty();
            case RESET_IN_BODY -> assertThat(text).endsWith("data: [DONE]\n\n");
            case CUT -> assertThat(text).startsWith("data: {").doesNotContain("[DONE]");
            case BARE_429 -> {
                assertThat(broken.status()).isEqualTo(429);
                assertThat(broken.headers().keySet())
                        .noneMatch(name -> name.startsWith("x-ratelimit") || name.equals("retry-after"));
            }
            case STREAM_429_FIRST -> {
                assertThat(broken.status()).isEqualTo(200);
                assertThat(broken.eventEnds()).containsExactly(broken.body().length);
                assertThat(text).startsWith("data: {\"error\"").endsWith("\"code\":\"rate_limit_exceeded\"}}\n\n");
            }
            case STREAM_429 -> {
                assertThat(broken.status()).isEqualTo(200);
                assertThat(text).startsWith("data: {\"id\"").endsWith("\"code\":\"rate_limit_exceeded\"}}\n\n");
            }
        }
        twin.finished(broken.ticket(), T + 2 * SECOND);
        assertThat(twin.ledger().answered()).isZero();
        assertThat(twin.ledger().inFlight()).isZero();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "/v1/chat/completions | {\"model\":\"m\",\"messages\":[],\"n\":2,\"stream\":true",
                "/v1/completions | {\"model\":\"m\",\"prompt\":\"hi\",\"n\":2,\"stream\":true",
            })
    void aStreamTellsItsUsageOnlyWhenAskedTo(String path, String body) {
        Twin twin = twin(TwinSettings.builder());
        String silent = new String(admitted(twin, path, body + "}", T).body(), StandardCharsets.UTF_8);
        assertThat(silent).doesNotContain("usage").endsWith("data: [DONE]\n\n");
        String telling = new String(
                admitted(twin, path, body + ",\"stream_options\":{\"include_usage\":true}}", T)
                        .body(),
                StandardCharsets.UTF_8);
        String[] events = telling.split("\n\n", -1);
        assertThat(events[0]).endsWith("\"usage\":null}");
        JsonNode last =
                json(events[events.length - 3].substring("data: ".length()).getBytes(StandardCharsets.UTF_8));
        assertThat(last.at("/choices")).isEmpty();
        assertThat(last.at("/usage/total_tokens").asLong())
                .isEqualTo(last.at("/usage/prompt_tokens").asLong()
                        + last.at("/usage/completion_tokens").asLong());
    }

    @Test
    void aCutBodyIsNeverWholeJson() {
        Twin twin = twin(TwinSettings.builder().faults(FaultPlan.parse("cut=1")));
        for (int i = 0; i < 200; i++) {
            byte[] body =
                    admitted(twin, chat("m", "q" + i, ",\"max_tokens\":1"), T).body();
            assertThat(isJson(body)).isFalse();
        }
    }

    @Test
    void faultsComeInTheSharesAskedForAndARepeatMayFareBetter() {
        Twin twin = twin(TwinSettings.builder().faults(FaultPlan.parse("500=5%,reset=2%,hang=1%,cut=1%")));
        int failedTwice = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] body = chat("m", "question " + i, "");
            boolean failed = admitted(twin, body, T).outcome() instanceof Outcome.Broken;
            if (failed && admitted(twin, body, T).outcome() instanceof Outcome.Broken) {
                failedTwice++;
            }
        }
        Ledger ledger = twin.ledger();
        double all = ledger.admitted();
        assertThat(ledger.faults(Fault.SERVER_ERROR) / all).isBetween(0.045, 0.055);
        assertThat(ledger.faults(Fault.RESET_BEFORE) / all).isBetween(0.017, 0.023);
        assertThat(ledger.faults(Fault.HANG) / all).isBetween(0.0075, 0.0125);
        assertThat(ledger.faults(Fault.CUT) / all).isBetween(0.0075, 0.0125);
        assertThat(failedTwice / (ledger.repeated() + 1.0)).isBetween(0.05, 0.14);
    }

    @Test
    void theFateOfARequestDependsOnItselfAndNotOnTheOrderOfArrival() {
        TwinSettings.Builder settings =
                TwinSettings.builder().latency(Latency.parse("1s..20s")).faults(FaultPlan.parse("500=20%,cut=20%"));
        List<byte[]> bodies = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            bodies.add(chat("m", "question " + i, ""));
        }
        Twin forwards = new Twin(settings.build(), 7);
        Twin backwards = new Twin(settings.build(), 7);
        Twin otherSeed = new Twin(settings.build(), 8);
        List<String> first = new ArrayList<>();
        List<String> second = new ArrayList<>();
        List<String> other = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            first.add(fate(admitted(forwards, bodies.get(i), T + i)));
            second.addFirst(fate(admitted(backwards, bodies.get(99 - i), T + i)));
            other.add(fate(admitted(otherSeed, bodies.get(i), T + i)));
        }
        assertThat(second).isEqualTo(first);
        assertThat(other).isNotEqualTo(first);
    }

    private static String fate(Arrival.Admitted admitted) {
        String text = admitted.outcome() instanceof Outcome.Answer
                ? json(admitted.body()).at("/choices/0/message/content").asText()
                : "";
        return admitted.outcome() + " " + admitted.latency() + " " + text;
    }

    @Test
    void anAnswersTextHasAsManyWordsAsItsUsageSays() {
        Twin twin = twin(TwinSettings.builder());
        JsonNode answer = json(admitted(twin, chat("gpt-4o", "hi", ",\"max_tokens\":50,\"n\":2"), T)
                .body());
        assertThat(answer.at("/choices")).hasSize(2);
        int words = 0;
        for (JsonNode choice : answer.at("/choices")) {
            words += choice.at("/message/content").asText().split(" ", -1).length;
        }
        assertThat(answer.at("/usage/completion_tokens").asInt())
                .isEqualTo(words)
                .isLessThanOrEqualTo(100);
        assertThat(answer.at("/usage/total_tokens").asInt())
                .isEqualTo(words + answer.at("/usage/prompt_tokens").asInt());
        assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo("length");
    }

    @Test
    void aRepeatIsCountedAndARepeatOfAnAnsweredRequestIsPaidTwice() {
        Twin twin = twin(TwinSettings.builder().faults(FaultPlan.none()));
        Arrival.Admitted first = admitted(twin, chat("m", "a", ""), T);
        Arrival.Admitted again = admitted(twin, chat("m", "a", ""), T);
        assertThat(twin.ledger().repeated()).isEqualTo(1);
        assertThat(twin.ledger().repeatedAfterAnswer()).isZero();
        twin.finished(first.ticket(), T);
        admitted(twin, chat("m", "a", ""), T);
        admitted(twin, chat("m", "b", ""), T);
        assertThat(twin.ledger().repeated()).isEqualTo(2);
        assertThat(twin.ledger().repeatedAfterAnswer()).isEqualTo(1);
        assertThat(json(first.body()).get("id")).isNotEqualTo(json(again.body()).get("id"));
        assertThat(json(first.body()).get("choices"))
                .isEqualTo(json(again.body()).get("choices"));
    }

    @Test
    void theOtherClientLeavesTheRest() {
        Twin twin = twin(limits(new Limit(Dimension.TOKENS_PER_MINUTE, 60_000)).otherClient(OtherClient.parse("50%")));
        assertThat(admittedIn(twin, T, 60)).isBetween(88_000L, 92_000L);
        assertThat(twin.ledger().otherClientTokens()).isBetween(28_000L, 31_000L);
    }

    @Test
    void theOtherClientComesAndGoes() {
        Twin twin = twin(
                limits(new Limit(Dimension.TOKENS_PER_MINUTE, 60_000)).otherClient(OtherClient.parse("50%:60s/60s")));
        admittedIn(twin, T, 60);
        assertThat(admittedIn(twin, T + 60 * SECOND, 60)).isBetween(58_500L, 61_500L);
        assertThat(admittedIn(twin, T + 120 * SECOND, 60)).isBetween(28_500L, 31_500L);
    }

    @Test
    void anOtherClientOfAnIdleBucketLeavesItFull() {
        Twin twin = twin(limits(new Limit(Dimension.TOKENS_PER_MINUTE, 60_000)).otherClient(OtherClient.parse("50%")));
        admitted(twin, chat("m", "", ""), T);
        String remaining =
                admitted(twin, chat("m", "", ""), T + 600 * SECOND).headers().get("x-ratelimit-remaining-tokens");
        assertThat(Long.parseLong(remaining)).isBetween(59_800L, 60_000L);
    }

    /** Asks for 100 tokens every 10 ms and says how many were admitted. */
    private static long admittedIn(Twin twin, long from, int seconds) {
        long before = twin.ledger().tokensCharged();
        for (long at = from; at - from < seconds * SECOND; at += 10 * MS) {
            twin.arrive("POST", "/v1/chat/completions", HeaderLookup.none(), chat("m", "", ",\"max_tokens\":99"), at);
        }
        return twin.ledger().tokensCharged() - before;
    }

    @Test
    void inputThatGrowsTooFastIsToldToSlowDownAndMayGrowByHalfEveryFifteenMinutes() {
        Twin twin = twin(TwinSettings.builder().rampAboveInputTokens(1_000));
        byte[] hundredTokens = chat("m", "x".repeat(4 * 99), "");
        for (int i = 0; i < 10; i++) {
            admitted(twin, hundredTokens, T + i * SECOND);
        }
        Arrival.Refused refused = refused(twin, hundredTokens, T + 10 * SECOND);
        JsonNode error = json(refused.body()).get("error");
        assertThat(error.get("type").asText()).isEqualTo("rate_limit_error");
        assertThat(error.get("code").asText()).isEqualTo("slow_down");
        assertThat(refused.headers()).containsEntry("retry-after", "50");
        admitted(twin, hundredTokens, T + 60 * SECOND);
        assertThat(twin.ledger().refused(Refusal.SLOW_DOWN)).isEqualTo(1);

        long later = T + 16 * 60 * SECOND;
        for (int i = 0; i < 15; i++) {
            admitted(twin, hundredTokens, later + i * SECOND);
        }
        refused(twin, hundredTokens, later + 15 * SECOND);
    }

    @Test
    void aKeyIsDemandedOnlyWhenThereIsOneAndNeverRepeated() {
        Twin twin = twin(TwinSettings.builder().apiKey("sk-right"));
        byte[] body = chat("m", "hi", "");
        Arrival missing = twin.arrive("POST", "/v1/chat/completions", HeaderLookup.none(), body, T);
        Arrival wrong = twin.arrive(
                "POST", "/v1/chat/completions", HeaderLookup.of(Map.of("Authorization", "Bearer sk-wrong")), body, T);
        Arrival right = twin.arrive(
                "POST", "/v1/chat/completions", HeaderLookup.of(Map.of("Authorization", "Bearer sk-right")), body, T);
        assertThat(((Arrival.Refused) missing).status()).isEqualTo(401);
        assertThat(((Arrival.Refused) wrong).status()).isEqualTo(401);
        assertThat(text((Arrival.Refused) wrong)).contains("invalid_api_key").doesNotContain("sk-");
        assertThat(right).isInstanceOf(Arrival.Admitted.class);
    }

    @ParameterizedTest(name = "{0} {1} {2}: {3}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "POST | /v1/chat/completions | {\"model\":\"m\",  | 400 | We could not parse the JSON body",
                "POST | /v1/chat/completions | [1] | 400 | We could not parse the JSON body",
                "POST | /v1/chat/completions | {\"messages\":[]} | 400 | you must provide a model parameter",
                "POST | /v1/chat/completions | {\"model\":\"known\"} | 400 | Missing required parameter: 'messages'.",
                "POST | /v1/responses | {\"model\":\"known\"} | 400 | Missing required parameter: 'input'.",
                "POST | /v1/chat/completions | {\"model\":\"x\",\"messages\":[]} | 404 | The model `x` does not exist",
                "POST | /v1/chat/completions | {\"model\":\"known\",\"messages\":[],\"n\":129} | 400 | Invalid 'n'",
                "POST | /v1/embeddings | {\"model\":\"known\",\"input\":\"a\",\"dimensions\":9000} | 400 | 'dimensions' is 9000",
                "GET | /v1/chat/completions | {} | 405 | Not allowed to GET on /v1/chat/completions",
                "GET | /v1/models/x | {} | 404 | The model `x` does not exist",
                "POST | /v2/chat | {} | 404 | Invalid URL (POST /v2/chat)",
            })
    void aWrongRequestIsToldWhatIsWrong(String method, String path, String body, int status, String message) {
        Twin twin = twin(TwinSettings.builder().models(Set.of("known")));
        Arrival arrival = twin.arrive(method, path, HeaderLookup.none(), body.getBytes(StandardCharsets.UTF_8), T);
        assertThat(arrival).isInstanceOfSatisfying(Arrival.Refused.class, refused -> {
            assertThat(refused.status()).isEqualTo(status);
            assertThat(json(refused.body()).at("/error/message").asText()).startsWith(message);
            assertThat(json(refused.body()).at("/error/type").asText()).isEqualTo("invalid_request_error");
        });
        assertThat(twin.ledger().invalid()).isEqualTo(1);
        assertThat(twin.ledger().admitted()).isZero();
    }

    @Test
    void modelsOfTheTierAreListed() {
        Twin twin = twin(TwinSettings.builder().limits(FamilyLimits.ofTier("tier-1")));
        Arrival list = twin.arrive("GET", "/v1/models?limit=5", HeaderLookup.none(), new byte[0], T);
        assertThat(json(((Arrival.Served) list).body()).at("/data").findValuesAsText("id"))
                .contains("gpt-4o", "gpt-4o-mini");
        Arrival one = twin.arrive("GET", "/v1/models/gpt-4o", HeaderLookup.none(), new byte[0], T);
        assertThat(json(((Arrival.Served) one).body()).at("/id").asText()).isEqualTo("gpt-4o");
    }

    @Test
    void aModelThatTheTierDoesNotKnowGetsAQuotaOfItsOwn() {
        Twin twin = twin(TwinSettings.builder().limits(FamilyLimits.ofTier("1")));
        assertThat(admitted(twin, chat("mine", "", ""), T).headers())
                .containsEntry("x-ratelimit-limit-tokens", "200000");
        assertThat(admitted(twin, chat("gpt-4o-mini", "", ""), T).headers())
                .containsEntry("x-ratelimit-remaining-requests", "9999");
    }

    @Test
    void theLedgerTellsSecondBySecond() {
        Twin twin = twin(limits(new Limit(Dimension.REQUESTS_PER_MINUTE, 2)));
        Arrival.Admitted first = admitted(twin, chat("m", "a", ""), T);
        admitted(twin, chat("m", "b", ""), T + 100 * MS);
        refused(twin, chat("m", "c", ""), T + 1_500 * MS);
        twin.finished(first.ticket(), T + 3_000 * MS);
        Ledger ledger = twin.ledger();
        assertThat(ledger.seconds())
                .containsExactly(
                        new Ledger.Second(0, 2, 0, 0, 4),
                        new Ledger.Second(1, 0, 1, 0, 0),
                        new Ledger.Second(3, 0, 0, 1, 0));
        assertThat(ledger.lastAnswer()).isEqualTo(Duration.ofSeconds(3));
        JsonNode json = json(ledger.toJson());
        assertThat(json.at("/admitted").asInt()).isEqualTo(2);
        assertThat(json.at("/refused/requests_per_minute").asInt()).isEqualTo(1);
        assertThat(json.at("/seconds/2/answered").asInt()).isEqualTo(1);
    }

    @Test
    void theSecondsOfTheLastTwoHoursAreKept() {
        Twin twin = twin(TwinSettings.builder());
        for (int second = 0; second < 10_000; second++) {
            admitted(twin, chat("m", "", ""), T + second * SECOND);
        }
        List<Ledger.Second> seconds = twin.ledger().seconds();
        assertThat(seconds).hasSize(7_200);
        assertThat(seconds.getFirst().second()).isEqualTo(2_800);
        assertThat(seconds.getLast()).isEqualTo(new Ledger.Second(9_999, 1, 0, 0, 1));
    }

    @Test
    void aResetLedgerKeepsWhatIsInFlightAndTheLimits() {
        Twin twin = twin(limits(new Limit(Dimension.REQUESTS_PER_MINUTE, 1)));
        Arrival.Admitted open = admitted(twin, chat("m", "a", ""), T);
        twin.resetLedger(T + SECOND);
        assertThat(twin.ledger().admitted()).isZero();
        assertThat(twin.ledger().inFlight()).isEqualTo(1);
        refused(twin, chat("m", "b", ""), T + SECOND);
        twin.finished(open.ticket(), T + 2 * SECOND);
        assertThat(twin.ledger().inFlight()).isZero();
        assertThat(twin.ledger().lastAnswer()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void explicitLimitsLeaveOutWhatIsNotGiven() {
        Twin twin = twin(TwinSettings.builder()
                .limits(FamilyLimits.explicit(OptionalLong.of(7), OptionalLong.empty(), OptionalLong.empty())));
        assertThat(admitted(twin, chat("m", "", ""), T).headers())
                .containsEntry("x-ratelimit-limit-requests", "7")
                .doesNotContainKey("x-ratelimit-limit-tokens");
    }

    @Test
    void idsAreUniqueAndRequestIdsHaveTheObservedForm() {
        Twin twin = twin(TwinSettings.builder());
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            Arrival.Admitted answer = admitted(twin, chat("m", "same", ",\"max_tokens\":1"), T);
            assertThat(answer.headers().get("x-request-id")).matches("req_[0-9a-f]{32}");
            ids.add(json(answer.body()).get("id").asText());
            ids.add(answer.headers().get("x-request-id"));
        }
        assertThat(ids).hasSize(2_000);
    }

    @Test
    void theShapeOfTheSettingsIsEnforced() {
        Twin twin = twin(limits(new Limit(Dimension.REQUESTS_PER_MINUTE, 60)).shape(Shape.quantized()));
        admitted(twin, chat("m", "", ""), T);
        assertThat(text(refused(twin, chat("m", "", ""), T + 400 * MS)))
                .contains("Limit 60, Used 60, Requested 1. Please try again in 1s.");
        admitted(twin, chat("m", "", ""), T + SECOND);
    }

    @Test
    void fiftyThousandRequestsTakeSeconds() {
        Twin twin = new Twin(
                TwinSettings.builder()
                        .limits(FamilyLimits.ofTier("2"))
                        .latency(Latency.parse("1s..20s"))
                        .build(),
                1);
        List<byte[]> bodies = new ArrayList<>();
        for (int i = 0; i < 50_000; i++) {
            bodies.add(chat("gpt-4o-mini", "question number " + i + " ".repeat(400), ",\"max_tokens\":300"));
        }
        long started = System.nanoTime();
        for (int i = 0; i < bodies.size(); i++) {
            twin.finished(admitted(twin, bodies.get(i), T + i * 13L * MS).ticket(), T + i * 13L * MS);
        }
        long microsEach = (System.nanoTime() - started) / 1_000 / bodies.size();
        assertThat(microsEach).as("microseconds per arrival").isLessThan(200);
    }

    private static TwinSettings.Builder limits(Limit... limits) {
        return TwinSettings.builder().limits(FamilyLimits.same(List.of(limits)));
    }

    private static Twin twin(TwinSettings.Builder settings) {
        return new Twin(settings.build(), 42);
    }

    private static byte[] chat(String model, String prompt, String more) {
        return ("{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt + "\"}]" + more
                        + "}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static Arrival.Admitted admitted(Twin twin, byte[] body, long now) {
        return admitted(twin, "/v1/chat/completions", new String(body, StandardCharsets.UTF_8), now);
    }

    private static Arrival.Admitted admitted(Twin twin, String path, String body, long now) {
        Arrival arrival = twin.arrive("POST", path, HeaderLookup.none(), body.getBytes(StandardCharsets.UTF_8), now);
        if (arrival instanceof Arrival.Admitted admitted) {
            return admitted;
        }
        throw new AssertionError(
                arrival instanceof Arrival.Refused refused ? "refused: " + text(refused) : "served: " + arrival);
    }

    private static Arrival.Refused refused(Twin twin, byte[] body, long now) {
        return refused(twin, "/v1/chat/completions", new String(body, StandardCharsets.UTF_8), now);
    }

    private static Arrival.Refused refused(Twin twin, String path, String body, long now) {
        Arrival arrival = twin.arrive("POST", path, HeaderLookup.none(), body.getBytes(StandardCharsets.UTF_8), now);
        if (arrival instanceof Arrival.Refused refused) {
            return refused;
        }
        throw new AssertionError("not refused: " + arrival);
    }

    private static String text(Arrival.Refused refused) {
        return new String(refused.body(), StandardCharsets.UTF_8);
    }

    private static boolean isJson(byte[] body) {
        try {
            return JSON.readTree(body) != null;
        } catch (IOException e) {
            return false;
        }
    }

    private static JsonNode json(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (IOException e) {
            throw new AssertionError(new String(body, StandardCharsets.UTF_8), e);
        }
    }
}
