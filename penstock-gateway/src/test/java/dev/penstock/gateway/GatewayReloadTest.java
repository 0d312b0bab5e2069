package dev.penstock.gateway;

import static dev.penstock.gateway.RunningGateway.chat;
import static dev.penstock.gateway.RunningGateway.chatStream;
import static dev.penstock.gateway.RunningGateway.config;
import static dev.penstock.gateway.RunningGateway.keyed;
import static dev.penstock.gateway.Tenants.keyOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.LimitText;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.gateway.config.KeyRing;
import dev.penstock.gateway.config.QueueSettings;
import dev.penstock.gateway.config.Upstream;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Another configuration is taken over while requests run and wait; none of them is dropped. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GatewayReloadTest {
    private final HeldAnswers script = new HeldAnswers();
    private final ScriptedUpstream upstream = ScriptedUpstream.answering(script);

    @AfterEach
    void stop() {
        upstream.close();
    }

    private static Upstream oneAtATime(Upstream upstream) {
        return Upstreams.capped(upstream, 1);
    }

    private Upstream main(String key) {
        return keyed("main", upstream.baseUri(), key);
    }

    private static RunningGateway open(Upstream... upstreams) {
        return RunningGateway.of(config(QueueSettings.DEFAULT, KeyRing.open(), upstreams));
    }

    private static void reload(RunningGateway running, Upstream... upstreams) {
        running.gateway.reconfigure(config(QueueSettings.DEFAULT, KeyRing.open(), upstreams));
    }

    private CompletableFuture<HttpResponse<String>> held(RunningGateway running, String body, String... headers) {
        int before = script.held();
        CompletableFuture<HttpResponse<String>> call = running.askSoon(body, headers);
        script.untilHeld(before + 1);
        return call;
    }

    @Test
    void whatRunsEndsWhereItIsAndWhatWaitsGoesToTheNewPlace() {
        try (ScriptedUpstream other = ScriptedUpstream.answering(new HeldAnswers());
                RunningGateway running = open(oneAtATime(main("sk-a")))) {
            CompletableFuture<HttpResponse<String>> runs = held(running, chat("hold"));
            CompletableFuture<HttpResponse<String>> waits = running.askSoon(chat("Waits"));
            running.untilWaiting(1);
            reload(running, keyed("other", other.baseUri(), "sk-b"));
            assertThat(waits.join().statusCode()).isEqualTo(200);
            assertThat(other.seen).hasSize(1);
            assertThat(runs).isNotDone();
            script.letGo();
            assertThat(runs.join().statusCode()).isEqualTo(200);
            assertThat(upstream.seen).hasSize(1);
            running.untilIdle();
        }
    }

    @Test
    void aStreamThatRunsGoesOn() {
        try (ScriptedUpstream other = ScriptedUpstream.answering(new HeldAnswers());
                RunningGateway running = open(main("sk-a"))) {
            CompletableFuture<HttpResponse<String>> runs = held(running, chatStream("hold"));
            reload(running, keyed("other", other.baseUri(), "sk-b"));
            assertThat(running.askSoon(chat("Next")).join().statusCode()).isEqualTo(200);
            assertThat(other.seen).hasSize(1);
            script.letGo();
            assertThat(runs.join().body()).isEqualTo(HeldAnswers.STREAM);
            running.untilIdle();
        }
    }

    @Test
    void anotherKeyIsUsedFromTheNextCallOn() throws InterruptedException {
        try (RunningGateway running = open(main("sk-a"))) {
            assertThat(running.ask(chat("First")).statusCode()).isEqualTo(200);
            CompletableFuture<HttpResponse<String>> runs = held(running, chat("hold"));
            reload(running, main("sk-b"));
            assertThat(running.ask(chat("Second")).statusCode()).isEqualTo(200);
            script.letGo();
            assertThat(runs.join().statusCode()).isEqualTo(200);
            assertThat(upstream.seen.stream()
                            .map(seen -> seen.headers().get("authorization"))
                            .toList())
                    .containsExactly("Bearer sk-a", "Bearer sk-a", "Bearer sk-b");
            running.untilIdle();
        }
    }

    @Test
    void aCapThatIsLiftedLetsThoseGoThatWaitForIt() {
        try (RunningGateway running = open(oneAtATime(main("sk-a")))) {
            CompletableFuture<HttpResponse<String>> runs = held(running, chat("hold"));
            CompletableFuture<HttpResponse<String>> waits = running.askSoon(chat("Waits"));
            running.untilWaiting(1);
            reload(running, main("sk-a"));
            assertThat(waits.join().statusCode()).isEqualTo(200);
            assertThat(runs).isNotDone();
        }
    }

    @Test
    void aSmallerQueueDropsNobodyAndTakesNoMore() throws InterruptedException {
        try (RunningGateway running = open(oneAtATime(main("sk-a")))) {
            List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
            all.add(held(running, chat("hold")));
            for (int i = 1; i <= 5; i++) {
                all.add(running.askSoon(chat("Number " + i)));
                running.untilWaiting(i);
            }
            running.gateway.reconfigure(config(
                    RunningGateway.holding(QueueSettings.DEFAULT, 2, 1 << 20),
                    KeyRing.open(),
                    oneAtATime(main("sk-a"))));
            HttpResponse<String> more = running.ask(chat("One more"));
            assertThat(more.statusCode()).isEqualTo(429);
            assertThat(more.body()).contains("\"code\":\"queue_full\"");
            script.letGo();
            assertThat(all)
                    .allSatisfy(call -> assertThat(call.join().statusCode()).isEqualTo(200));
            running.untilIdle();
        }
    }

    @Test
    void aKeyThatIsTakenAwayLetsNobodyInAnyMoreAndThoseInsideEnd() throws InterruptedException {
        Upstream place = oneAtATime(main("sk-a"));
        try (RunningGateway running = RunningGateway.of(
                config(QueueSettings.DEFAULT, Tenants.ring(Tenants.limited("web"), Tenants.limited("old")), place))) {
            CompletableFuture<HttpResponse<String>> runs = held(running, chat("hold"), keyOf("old"));
            CompletableFuture<HttpResponse<String>> waits = running.askSoon(chat("Waits"), keyOf("old"));
            running.untilWaiting(1);
            running.gateway.reconfigure(config(QueueSettings.DEFAULT, Tenants.ring(Tenants.limited("web")), place));
            assertThat(running.ask(chat("New"), keyOf("old")).statusCode()).isEqualTo(401);
            script.letGo();
            assertThat(runs.join().statusCode()).isEqualTo(200);
            assertThat(waits.join().statusCode()).isEqualTo(200);
            assertThat(running.ask(chat("New"), keyOf("web")).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void whatNobodyServesAnyMoreIsToldSo() {
        Upstream place = main("sk-a");
        try (RunningGateway running = open(oneAtATime(place))) {
            CompletableFuture<HttpResponse<String>> runs = held(running, chat("hold"));
            CompletableFuture<HttpResponse<String>> waits = running.askSoon(chat("Waits"));
            running.untilWaiting(1);
            reload(
                    running,
                    new Upstream(
                            place.name(),
                            place.baseUrl(),
                            place.key(),
                            place.organization(),
                            place.project(),
                            1,
                            List.of("gpt-5*"),
                            place.caps(),
                            place.concurrency()));
            assertThat(waits.join().statusCode()).isEqualTo(404);
            assertThat(waits.join().body()).contains("\"code\":\"model_not_served\"");
            script.letGo();
            assertThat(runs.join().statusCode()).isEqualTo(200);
            running.untilIdle();
        }
    }

    @Test
    void underLoadManyChangesCostNobodyHisAnswer() {
        TwinSettings twin = TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(LimitText.parse("1000req/1m"))))
                .latency(Latency.parse("5ms..40ms"))
                .build();
        try (Emulator one = Emulator.start(EmulatorSettings.of(twin));
                Emulator other = Emulator.start(EmulatorSettings.of(twin));
                RunningGateway running = open(keyed("main", one.baseUri(), "sk-a"))) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int round = 0; round < 8; round++) {
                for (int i = 0; i < 50; i++) {
                    answers.add(running.askSoon(i % 2 == 0 ? chat("Hello " + i) : chatStream("Hello " + i)));
                }
                answers.get(round * 50).join();
                switch (round % 4) {
                    case 0 -> reload(running, keyed("main", other.baseUri(), "sk-a"));
                    case 1 -> reload(running, oneAtATime(keyed("main", other.baseUri(), "sk-b")));
                    case 2 -> reload(running, keyed("a", one.baseUri(), "sk-a"), keyed("b", other.baseUri(), "sk-b"));
                    default -> reload(running, keyed("main", one.baseUri(), "sk-a"));
                }
            }
            for (CompletableFuture<HttpResponse<String>> answer : answers) {
                assertThat(answer.join().statusCode()).as(answer.join().body()).isEqualTo(200);
            }
            assertThat(one.ledger().answered() + other.ledger().answered()).isEqualTo(answers.size());
            assertThat(one.ledger().hangUps() + other.ledger().hangUps()).isZero();
            running.untilIdle();
        }
    }
}
