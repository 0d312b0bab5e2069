package dev.penstock.jobs.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.sun.net.httpserver.HttpServer;
import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.jobs.doctor.ModelFinding.Burst;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.LimitState;
import dev.penstock.time.Ticker;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.TierTable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DoctorTest {
    private static final Instant NOW = Instant.parse("2026-11-24T10:00:00Z");

    @Test
    void aClockThatIsAheadIsMeasuredByTheServersDate() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            // This server tells the time of this machine by itself.
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, 2);
            exchange.getResponseBody().write("{}".getBytes(StandardCharsets.UTF_8));
            exchange.close();
        });
        server.start();
        try {
            URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1");
            Examination right = doctor(url, InstantSource.system()).examine();
            assertThat(right.clockTold()).isTrue();
            assertThat(right.clockAhead()).isEmpty();
            Examination found = doctor(url, InstantSource.offset(InstantSource.system(), Duration.ofHours(1)))
                    .examine();
            assertThat(found.clockAhead().orElseThrow().toSeconds()).isCloseTo(3_600, within(3L));
        } finally {
            server.stop(0);
        }
    }

    @Test
    void aBucketIsToldFromOtherWindowsByWhatResetsSay() {
        try (Emulator bucket = emulator(Shape.bucket())) {
            assertThat(doctor(bucket.baseUri(), InstantSource.system())
                            .examine()
                            .models()
                            .getFirst()
                            .burst())
                    .isEqualTo(Burst.WHOLE_WINDOW_LIKELY);
        }
    }

    @Test
    void neverMoreThanFiveQuestionsAreAsked() {
        try (Emulator emulator = emulator(Shape.bucket())) {
            Doctor doctor = new Doctor(
                    emulator.baseUri(),
                    Optional.empty(),
                    "test",
                    List.of("gpt-4o", "gpt-4o-mini", "gpt-4.1"),
                    TierTable.builtIn(),
                    Duration.ofSeconds(10),
                    Ticker.system(),
                    InstantSource.system());
            assertThat(doctor.examine().asked()).isEqualTo(Doctor.MOST_QUESTIONS);
            assertThat(emulator.ledger().admitted()).isEqualTo(4);
            assertThat(doctor.mostDollars(PriceTable.builtIn()).orElseThrow().doubleValue())
                    .isBetween(0.0001, 0.01);
        }
    }

    @Test
    void dialectsAreToldByHeadersBeforeNames() {
        assertThat(Dialect.of(probe(Map.of("openai-version", "2020-10-01")), "proxy.example.com"))
                .isEqualTo(Dialect.OPENAI);
        assertThat(Dialect.of(probe(Map.of("apim-request-id", "x", "x-ms-region", "Sweden")), "proxy.example.com"))
                .isEqualTo(Dialect.AZURE);
        assertThat(Dialect.of(probe(Map.of()), "my.openai.azure.com")).isEqualTo(Dialect.AZURE);
        assertThat(Dialect.of(probe(Map.of("x-groq-region", "fra")), "proxy.example.com"))
                .isEqualTo(Dialect.GROQ);
        assertThat(Dialect.of(probe(Map.of()), "api.groq.com")).isEqualTo(Dialect.GROQ);
        assertThat(Dialect.of(probe(Map.of()), "openrouter.ai")).isEqualTo(Dialect.OPENROUTER);
        assertThat(Dialect.of(probe(Map.of()), "notopenrouter.ai")).isEqualTo(Dialect.UNKNOWN);
        assertThat(Dialect.of(probe(Map.of("x-penstock-attempts", "1", "openai-version", "x")), "localhost"))
                .isEqualTo(Dialect.PENSTOCK);
        assertThat(Dialect.of(probe(Map.of(), "{\"data\":[{\"id\":\"m\",\"owned_by\":\"vllm\"}]}"), "localhost"))
                .isEqualTo(Dialect.VLLM);
    }

    @Test
    void groqsRequestsAreThoseOfADay() {
        List<LimitState> states = ShownLimits.read(
                probe(Map.of(
                        "x-ratelimit-limit-requests", "14400",
                        "x-ratelimit-remaining-requests", "14370",
                        "x-ratelimit-reset-requests", "2m59.56s",
                        "x-ratelimit-limit-tokens", "18000",
                        "x-ratelimit-remaining-tokens", "17997",
                        "x-ratelimit-reset-tokens", "7.66s")),
                Dialect.GROQ);

        assertThat(states)
                .extracting(LimitState::dimension)
                .containsExactly(Dimension.REQUESTS_PER_DAY, Dimension.TOKENS_PER_MINUTE);
    }

    @Test
    void azuresUnknownIsNoLimit() {
        assertThat(ShownLimits.read(
                        probe(Map.of(
                                "x-ratelimit-limit-requests", "-1",
                                "x-ratelimit-remaining-requests", "-1",
                                "x-ratelimit-limit-tokens", "30000",
                                "x-ratelimit-remaining-tokens", "29000",
                                "x-ratelimit-reset-tokens", "55")),
                        Dialect.AZURE))
                .singleElement()
                .satisfies(state -> assertThat(state.limit().amount()).isEqualTo(30_000));
    }

    @Test
    void openRoutersResetIsATime() {
        assertThat(ShownLimits.read(
                        probe(Map.of(
                                "x-ratelimit-limit", "50",
                                "x-ratelimit-remaining", "0",
                                "x-ratelimit-reset",
                                        Long.toString(NOW.plusSeconds(7_200).toEpochMilli()))),
                        Dialect.OPENROUTER))
                .singleElement()
                .satisfies(state -> {
                    assertThat(state.dimension()).isEqualTo(Dimension.REQUESTS_PER_DAY);
                    assertThat(state.resetIn()).contains(Duration.ofHours(2));
                });
    }

    @Test
    void garbageInHeadersIsNothing() {
        Map<String, String> garbage = Map.of(
                "x-ratelimit-limit", "9999999999999999999999",
                "x-ratelimit-remaining", "some",
                "x-ratelimit-limit-requests", "",
                "anthropic-ratelimit-requests-limit", "4000",
                "anthropic-ratelimit-requests-remaining", "-",
                "anthropic-ratelimit-requests-reset", "soon");
        for (Dialect dialect : Dialect.values()) {
            assertThat(ShownLimits.read(probe(garbage), dialect))
                    .as(dialect.label())
                    .isEmpty();
        }
    }

    private static Doctor doctor(URI url, InstantSource clock) {
        return new Doctor(
                url,
                Optional.empty(),
                "test",
                List.of("gpt-4o-mini"),
                TierTable.builtIn(),
                Duration.ofSeconds(10),
                Ticker.system(),
                clock);
    }

    private static Emulator emulator(Shape shape) {
        return Emulator.start(EmulatorSettings.of(TwinSettings.builder()
                .limits(FamilyLimits.ofTier("1"))
                .shape(shape)
                .build()));
    }

    private static Probe probe(Map<String, String> headers) {
        return probe(headers, "");
    }

    private static Probe probe(Map<String, String> headers, String body) {
        return new Probe(
                "GET /models",
                OptionalInt.of(200),
                headers,
                body.getBytes(StandardCharsets.UTF_8),
                new Verdict.Accepted(),
                Optional.empty(),
                Optional.empty(),
                "HTTP/1.1",
                NOW);
    }
}
