package dev.penstock.gateway;

import static dev.penstock.gateway.RunningGateway.chat;
import static dev.penstock.gateway.RunningGateway.keyed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.LimitText;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.gateway.config.KeyRing;
import dev.penstock.gateway.config.QueueSettings;
import dev.penstock.gateway.config.Upstream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Several keys or places are one pool. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GatewayPoolTest {
    private static RunningGateway pool(Upstream... upstreams) {
        return RunningGateway.of(RunningGateway.config(QueueSettings.DEFAULT, KeyRing.open(), upstreams));
    }

    private static Upstream weighing(Upstream upstream, int weight, String... models) {
        return new Upstream(
                upstream.name(),
                upstream.baseUrl(),
                upstream.key(),
                upstream.organization(),
                upstream.project(),
                weight,
                List.of(models),
                upstream.caps(),
                upstream.concurrency());
    }

    private static Emulator emulator(String... limits) {
        return Emulator.start(EmulatorSettings.of(TwinSettings.builder()
                .limits(FamilyLimits.same(
                        List.of(limits).stream().map(LimitText::parse).toList()))
                .build()));
    }

    private static ScriptedUpstream answering() {
        return ScriptedUpstream.answering(
                (seen, response) -> ScriptedUpstream.json(response, 200, ScriptedUpstream.chatAnswer(3, 5)));
    }

    private static URI nowhere() {
        try (ScriptedUpstream gone = answering()) {
            return gone.baseUri();
        }
    }

    private static long sentWith(ScriptedUpstream upstream, String key) {
        return upstream.seen.stream()
                .filter(seen -> ("Bearer " + key).equals(seen.headers().get("authorization")))
                .count();
    }

    @Test
    void keysShareTheWorkByWeight() throws InterruptedException {
        try (ScriptedUpstream upstream = answering();
                RunningGateway running = pool(
                        weighing(keyed("large", upstream.baseUri(), "sk-large"), 3),
                        weighing(keyed("small", upstream.baseUri(), "sk-small"), 1))) {
            for (int i = 0; i < 40; i++) {
                assertThat(running.ask(chat("Number " + i)).statusCode()).isEqualTo(200);
            }
            assertThat(sentWith(upstream, "sk-large")).isBetween(29L, 31L);
            assertThat(sentWith(upstream, "sk-small")).isBetween(9L, 11L);
        }
    }

    @Test
    void whenOneIsUsedUpTheOtherIsAskedAtOnce() throws InterruptedException {
        try (Emulator little = emulator("10req/1m");
                Emulator much = emulator("100req/1m");
                RunningGateway running = pool(
                        weighing(keyed("little", little.baseUri(), "sk-a"), 10),
                        weighing(keyed("much", much.baseUri(), "sk-b"), 1))) {
            for (int i = 0; i < 30; i++) {
                HttpResponse<String> answer = running.ask(chat("Number " + i), "x-request-deadline-ms", "1000");
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            }
            // How deep its bucket is has to be found out, so it may have some left.
            assertThat(little.ledger().answered()).isBetween(1L, 10L);
            assertThat(little.ledger().refusedTotal()).isZero();
            assertThat(little.ledger().answered() + much.ledger().answered()).isEqualTo(30);
            running.untilIdle();
        }
    }

    @Test
    void togetherTheyGiveWhatBothHave() {
        try (Emulator one = emulator("20req/2s");
                Emulator other = emulator("20req/2s");
                RunningGateway running =
                        pool(keyed("one", one.baseUri(), "sk-a"), keyed("other", other.baseUri(), "sk-b"))) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 80; i++) {
                answers.add(running.askSoon(chat("Number " + i)));
            }
            for (CompletableFuture<HttpResponse<String>> answer : answers) {
                assertThat(answer.join().statusCode()).as(answer.join().body()).isEqualTo(200);
            }
            assertThat(one.ledger().answered()).isBetween(35L, 45L);
            assertThat(one.ledger().answered() + other.ledger().answered()).isEqualTo(80);
            assertThat(one.ledger().refusedTotal() + other.ledger().refusedTotal())
                    .isZero();
            running.untilIdle();
        }
    }

    @ParameterizedTest
    @CsvSource({"401, invalid_api_key", "429, insufficient_quota", "403, account_deactivated"})
    void anAccountThatIsStoppedIsAvoidedAndNobodyHearsOfIt(int status, String code) throws InterruptedException {
        try (ScriptedUpstream stopped = ScriptedUpstream.answering((seen, response) -> ScriptedUpstream.json(
                        response,
                        status,
                        "{\"error\":{\"message\":\"Not this account\",\"type\":\"" + code + "\",\"code\":\"" + code
                                + "\"}}"));
                ScriptedUpstream well = answering();
                RunningGateway running = pool(
                        weighing(keyed("stopped", stopped.baseUri(), "sk-a"), 10),
                        keyed("well", well.baseUri(), "sk-b"))) {
            for (int i = 0; i < 6; i++) {
                HttpResponse<String> answer = running.ask(chat("Number " + i));
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            }
            assertThat(stopped.seen).hasSize(1);
            assertThat(well.seen).hasSize(6);
            assertThat(sentWith(well, "sk-b")).isEqualTo(6);
            RunningGateway.until(
                    "its trouble is told", () -> trouble(running, "stopped").isPresent());
            assertThat(trouble(running, "well")).isEmpty();
        }
    }

    @Test
    void whenAllAreStoppedTheLastOneIsHeard() throws InterruptedException {
        try (ScriptedUpstream stopped = ScriptedUpstream.answering((seen, response) -> ScriptedUpstream.json(
                        response, 429, "{\"error\":{\"message\":\"No credit\",\"code\":\"insufficient_quota\"}}"));
                RunningGateway running =
                        pool(keyed("one", stopped.baseUri(), "sk-a"), keyed("other", stopped.baseUri(), "sk-b"))) {
            HttpResponse<String> answer = running.ask(chat("Hello"));
            assertThat(answer.statusCode()).isEqualTo(429);
            assertThat(answer.body()).contains("No credit");
            assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
            assertThat(stopped.seen).hasSize(2);
        }
    }

    @Test
    void onePlaceThatCannotBeReachedIsNotMissed() throws InterruptedException {
        try (ScriptedUpstream there = answering();
                RunningGateway running =
                        pool(weighing(keyed("away", nowhere(), "sk-a"), 10), keyed("there", there.baseUri(), "sk-b"))) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                answers.add(running.askSoon(chat("Number " + i), "x-request-deadline-ms", "20000"));
            }
            for (CompletableFuture<HttpResponse<String>> answer : answers) {
                assertThat(answer.join().statusCode()).as(answer.join().body()).isEqualTo(200);
            }
            assertThat(there.seen).hasSize(30);
            RunningGateway.until(
                    "its trouble is told", () -> trouble(running, "away").isPresent());
            running.untilIdle();
        }
    }

    @Test
    void aModelGoesWhereItIsServed() throws InterruptedException {
        try (ScriptedUpstream small = answering();
                ScriptedUpstream large = answering();
                RunningGateway running = pool(
                        weighing(keyed("small", small.baseUri(), "sk-a"), 1, "gpt-4o-mini"),
                        weighing(keyed("large", large.baseUri(), "sk-b"), 1, "gpt-5*"))) {
            assertThat(running.ask(chat("Hello")).statusCode()).isEqualTo(200);
            assertThat(running.ask(chat("Hello")).statusCode()).isEqualTo(200);
            assertThat(running.ask(chat("Hello").replace("gpt-4o-mini", "gpt-5-mini"))
                            .statusCode())
                    .isEqualTo(200);
            assertThat(small.seen).hasSize(2);
            assertThat(large.seen).hasSize(1);
            HttpResponse<String> nobody = running.ask(chat("Hello").replace("gpt-4o-mini", "o3"));
            assertThat(nobody.statusCode()).isEqualTo(404);
            assertThat(nobody.body()).contains("\"code\":\"model_not_served\"");
        }
    }

    private static Optional<String> trouble(RunningGateway running, String upstream) {
        return running.gateway.snapshot().quotas().stream()
                .filter(quota -> quota.upstream().equals(upstream))
                .flatMap(quota -> quota.trouble().stream())
                .findFirst();
    }
}
