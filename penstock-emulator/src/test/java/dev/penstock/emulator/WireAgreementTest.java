package dev.penstock.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.limiter.Shape;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitState;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.AnswerBody;
import dev.penstock.wire.Endpoint;
import dev.penstock.wire.HeaderLookup;
import dev.penstock.wire.RateLimitHeaders;
import dev.penstock.wire.VerdictReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the twin says, read by the client's side: a client that is tested against the twin is not tested in vain. */
final class WireAgreementTest {
    private static final long T = 0;

    @Test
    void aRefusalIsReadInFull() {
        Twin twin = twin(TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(new Limit(Dimension.TOKENS_PER_MINUTE, 50_000)))));
        arrive(twin, "{\"model\":\"gpt-4o\",\"messages\":[],\"max_tokens\":47948}");
        Verdict verdict = verdict(arrive(twin, "{\"model\":\"gpt-4o\",\"messages\":[],\"max_tokens\":3005}"));
        assertThat(verdict).isInstanceOfSatisfying(Verdict.Throttled.class, throttled -> {
            assertThat(throttled.exceeded().dimension()).contains(Dimension.TOKENS_PER_MINUTE);
            assertThat(throttled.exceeded().limit()).hasValue(50_000);
            assertThat(throttled.exceeded().used()).hasValue(47_949);
            assertThat(throttled.exceeded().requested()).hasValue(3_006);
            assertThat(throttled.exceeded().tryAgainIn()).contains(Duration.ofMillis(1_146));
        });
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"bucket", "quantized", "sliding", "fixed"})
    void everyShapesRefusalsAreReadAsWaits(String shape) {
        Twin twin = twin(TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(new Limit(Dimension.REQUESTS_PER_MINUTE, 1))))
                .shape(Shape.parse(shape)));
        arrive(twin, "{\"model\":\"gpt-4o\",\"messages\":[]}");
        assertThat(verdict(arrive(twin, "{\"model\":\"gpt-4o\",\"messages\":[]}")))
                .isInstanceOfSatisfying(
                        Verdict.Throttled.class,
                        throttled ->
                                assertThat(throttled.exceeded().tryAgainIn()).contains(Duration.ofMinutes(1)));
    }

    @Test
    void tooLargeSlowDownAndBusyAreToldApart() {
        Twin large = twin(
                TwinSettings.builder().limits(FamilyLimits.same(List.of(new Limit(Dimension.TOKENS_PER_MINUTE, 10)))));
        assertThat(verdict(arrive(large, "{\"model\":\"m\",\"messages\":[],\"max_tokens\":99}")))
                .isInstanceOfSatisfying(
                        Verdict.Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(Verdict.RejectedBecause.LARGER_THAN_LIMIT));
        Twin ramp = twin(TwinSettings.builder().rampAboveInputTokens(1));
        arrive(ramp, "{\"model\":\"m\",\"messages\":[]}");
        assertThat(verdict(arrive(ramp, "{\"model\":\"m\",\"messages\":[]}"))).isInstanceOf(Verdict.SlowDown.class);
        Twin busy = twin(TwinSettings.builder().concurrency(1));
        arrive(busy, "{\"model\":\"m\",\"messages\":[]}");
        assertThat(verdict(arrive(busy, "{\"model\":\"m\",\"messages\":[]}"))).isInstanceOf(Verdict.Throttled.class);
    }

    @Test
    void headersAreReadAsTheStateAfterTheCharge() {
        Twin twin = twin(TwinSettings.builder().limits(FamilyLimits.ofTier("1")));
        Arrival.Admitted answer =
                (Arrival.Admitted) arrive(twin, "{\"model\":\"gpt-4o-mini\",\"messages\":[],\"max_tokens\":999}");
        assertThat(RateLimitHeaders.read(HeaderLookup.of(answer.headers())))
                .containsExactlyInAnyOrder(
                        new LimitState(
                                new Limit(Dimension.REQUESTS_PER_DAY, 10_000),
                                9_999,
                                Optional.of(Duration.ofMillis(8_640))),
                        new LimitState(
                                new Limit(Dimension.TOKENS_PER_MINUTE, 200_000),
                                199_000,
                                Optional.of(Duration.ofMillis(300))));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({
        "20req/5s, fixed, requests per 5 s",
        "20req/5s, bucket, requests per 5 s",
        "20req/1s, sliding, requests per 1 s",
        "20req/2h, sliding, requests per 7200 s",
        "20req/7d, fixed, requests per 7 days",
    })
    void aRefusalOverAnUnusualWindowNamesThatWindow(String limit, String shape, String meant) {
        Twin twin = twin(TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(LimitText.parse(limit))))
                .shape(Shape.parse(shape)));
        for (int i = 0; i < 20; i++) {
            arrive(twin, "{\"model\":\"m\",\"messages\":[]}");
        }
        assertThat(verdict(arrive(twin, "{\"model\":\"m\",\"messages\":[]}")))
                .isInstanceOfSatisfying(Verdict.Throttled.class, throttled -> {
                    assertThat(throttled.exceeded().dimension().orElseThrow().label())
                            .isEqualTo(meant);
                    assertThat(throttled.exceeded().limit()).hasValue(20);
                    assertThat(throttled.exceeded().used()).hasValue(20);
                });
    }

    @Test
    void aRefusalOfImagesIsReadAsALimitOnImages() {
        Twin twin = twin(TwinSettings.builder().limits(FamilyLimits.same(List.of(LimitText.parse("5img/1m")))));
        assertThat(draw(twin, "{\"prompt\":\"a cat\",\"n\":4}")).isInstanceOf(Arrival.Admitted.class);
        assertThat(verdict(draw(twin, "{\"prompt\":\"a cat\",\"n\":2}")))
                .isInstanceOfSatisfying(Verdict.Throttled.class, throttled -> {
                    assertThat(throttled.exceeded().dimension()).contains(Dimension.IMAGES_PER_MINUTE);
                    assertThat(throttled.exceeded().limit()).hasValue(5);
                    assertThat(throttled.exceeded().tryAgainIn()).contains(Duration.ofSeconds(12));
                });
        assertThat(verdict(draw(twin, "{\"prompt\":\"a cat\",\"n\":6}")))
                .isInstanceOfSatisfying(
                        Verdict.Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(Verdict.RejectedBecause.LARGER_THAN_LIMIT));
    }

    private static Arrival draw(Twin twin, String body) {
        return twin.arrive(
                "POST", "/v1/images/generations", HeaderLookup.none(), body.getBytes(StandardCharsets.UTF_8), T);
    }

    /** Headers name no window: one answer cannot tell five seconds from the end of a minute that is counted. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"bucket", "quantized", "sliding", "fixed"})
    void headersOfAShortWindowAreReadAsThoseOfAMinute(String shape) {
        Twin twin = twin(TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(LimitText.parse("20req/5s"))))
                .shape(Shape.parse(shape)));
        Arrival.Admitted answer = (Arrival.Admitted) arrive(twin, "{\"model\":\"m\",\"messages\":[]}");
        assertThat(RateLimitHeaders.read(HeaderLookup.of(answer.headers())))
                .satisfiesExactly(
                        state -> assertThat(state.limit()).isEqualTo(new Limit(Dimension.REQUESTS_PER_MINUTE, 20)));
    }

    @Test
    void aRefusalWithoutFiguresIsReadAsAWaitOfWholeSeconds() {
        Twin twin = twin(TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(LimitText.parse("1req/5s"), LimitText.parse("50tok/1m"))))
                .shape(Shape.parse("fixed"))
                .limitHeaders(false));
        Arrival.Admitted answer = (Arrival.Admitted) arrive(twin, "{\"model\":\"m\",\"messages\":[]}");
        assertThat(RateLimitHeaders.read(HeaderLookup.of(answer.headers()))).isEmpty();
        assertThat(verdict(arrive(twin, "{\"model\":\"m\",\"messages\":[]}")))
                .isInstanceOfSatisfying(Verdict.Throttled.class, throttled -> {
                    assertThat(throttled.exceeded().dimension()).isEmpty();
                    assertThat(throttled.exceeded().tryAgainIn()).contains(Duration.ofSeconds(5));
                });
        assertThat(verdict(arrive(twin, "{\"model\":\"m\",\"messages\":[],\"max_tokens\":99}")))
                .isInstanceOfSatisfying(
                        Verdict.Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(Verdict.RejectedBecause.LARGER_THAN_LIMIT));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "/v1/chat/completions | {\"model\":\"m\",\"messages\":[]}",
                "/v1/responses | {\"model\":\"m\",\"input\":\"hi\"}",
                "/v1/completions | {\"model\":\"m\",\"prompt\":\"hi\"}",
                "/v1/embeddings | {\"model\":\"m\",\"input\":\"hi\"}",
                "/v1/moderations | {\"model\":\"m\",\"input\":\"hi\"}",
                "/v1/images/generations | {\"model\":\"m\",\"prompt\":\"hi\"}",
            })
    void answersAreWholeAndCutOnesAreNoticed(String path, String body) {
        Endpoint endpoint = Endpoint.ofPath(path).orElseThrow();
        byte[] request = body.getBytes(StandardCharsets.UTF_8);
        Twin whole = twin(TwinSettings.builder());
        Arrival.Admitted answer = (Arrival.Admitted) whole.arrive("POST", path, HeaderLookup.none(), request, T);
        assertThat(AnswerBody.read(endpoint, answer.body())).isPresent();
        Twin cutting = twin(TwinSettings.builder().faults(FaultPlan.parse("cut=100%")));
        Arrival.Admitted cut = (Arrival.Admitted) cutting.arrive("POST", path, HeaderLookup.none(), request, T);
        assertThat(AnswerBody.read(endpoint, cut.body())).isEmpty();
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "stream429 | /v1/chat/completions | {\"model\":\"m\",\"messages\":[],\"stream\":true}",
                "stream429 | /v1/completions | {\"model\":\"m\",\"prompt\":\"hi\",\"stream\":true}",
                "stream429 | /v1/responses | {\"model\":\"m\",\"input\":\"hi\",\"stream\":true}",
                "stream429-first | /v1/chat/completions | {\"model\":\"m\",\"messages\":[],\"stream\":true}",
                "stream429-first | /v1/completions | {\"model\":\"m\",\"prompt\":\"hi\",\"stream\":true}",
                "stream429-first | /v1/responses | {\"model\":\"m\",\"input\":\"hi\",\"stream\":true}",
            })
    void anErrorInsideAStreamIsReadAsAWait(String fault, String path, String body) {
        Twin twin = twin(TwinSettings.builder().faults(FaultPlan.parse(fault + "=100%")));
        Arrival.Admitted answer = (Arrival.Admitted)
                twin.arrive("POST", path, HeaderLookup.none(), body.getBytes(StandardCharsets.UTF_8), T);
        String text = new String(answer.body(), StandardCharsets.UTF_8).strip();
        int lastAt = text.lastIndexOf("data: ");
        assertThat(text.indexOf("data: ") == lastAt).isEqualTo(fault.equals("stream429-first"));
        String last = text.substring(lastAt + "data: ".length());
        assertThat(VerdictReader.readStreamEvent(HeaderLookup.none(), last.getBytes(StandardCharsets.UTF_8)))
                .get()
                .isInstanceOfSatisfying(
                        Verdict.Throttled.class,
                        throttled ->
                                assertThat(throttled.exceeded().tryAgainIn()).contains(Duration.ofSeconds(1)));
    }

    private static Twin twin(TwinSettings.Builder settings) {
        return new Twin(settings.build(), 1);
    }

    private static Arrival arrive(Twin twin, String body) {
        return twin.arrive(
                "POST", "/v1/chat/completions", HeaderLookup.none(), body.getBytes(StandardCharsets.UTF_8), T);
    }

    private static Verdict verdict(Arrival arrival) {
        Arrival.Refused refused = (Arrival.Refused) arrival;
        return VerdictReader.read(refused.status(), HeaderLookup.of(refused.headers()), refused.body());
    }
}
