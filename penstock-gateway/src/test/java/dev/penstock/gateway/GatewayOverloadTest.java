package dev.penstock.gateway;

import static dev.penstock.gateway.RunningGateway.chat;
import static dev.penstock.gateway.RunningGateway.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.Ledger;
import dev.penstock.emulator.LimitText;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.emulator.limiter.Shape;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients offer three times what the quota allows, and see no 429. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GatewayOverloadTest {
    private static Emulator emulator(Shape shape, String... limits) {
        List<dev.penstock.limit.Limit> parsed = new ArrayList<>();
        for (String limit : limits) {
            parsed.add(LimitText.parse(limit));
        }
        return Emulator.start(EmulatorSettings.of(TwinSettings.builder()
                .limits(FamilyLimits.same(parsed))
                .shape(shape)
                .latency(Latency.parse("20ms..60ms"))
                .build()));
    }

    private static void allAreAnswered(Emulator emulator, int requests, int mostRefused) {
        try (RunningGateway running = RunningGateway.inFrontOf(emulator)) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < requests; i++) {
                answers.add(running.askSoon(chat("Question " + i, 1_500)));
            }
            boolean someWaited = false;
            for (CompletableFuture<HttpResponse<String>> answer : answers) {
                HttpResponse<String> got = answer.join();
                assertThat(got.statusCode()).as(got.body()).isEqualTo(200);
                assertThat(got.headers().firstValueAsLong("x-penstock-queue-ms"))
                        .isPresent();
                assertThat(got.headers().firstValueAsLong("x-penstock-attempts").orElseThrow())
                        .isBetween(1L, 5L);
                assertThat(got.headers().firstValue("x-ratelimit-limit-requests"))
                        .isPresent();
                someWaited |=
                        got.headers().firstValueAsLong("x-penstock-queue-ms").orElseThrow() > 1_000;
            }
            assertThat(someWaited).isTrue();
            Ledger ledger = emulator.ledger();
            assertThat(ledger.answered()).isEqualTo(requests);
            assertThat(ledger.refusedTotal()).isLessThanOrEqualTo(mostRefused);
            assertThat(ledger.repeatedAfterAnswer()).isZero();
            until("all have ended", () -> running.ended.size() == requests);
            assertThat(running.outcomes()).containsOnly(Outcome.ANSWERED);
            running.untilIdle();
        }
    }

    @Test
    void requestsThatFillABucketThreeTimesAreAllAnswered() {
        try (Emulator emulator = emulator(Shape.bucket(), "40req/2s")) {
            allAreAnswered(emulator, 120, 0);
        }
    }

    @Test
    void tokensThatFillABucketThreeTimesAreAllAnswered() {
        try (Emulator emulator = emulator(Shape.bucket(), "1000req/1s", "20000tok/2s")) {
            allAreAnswered(emulator, 40, 0);
        }
    }

    @Test
    void aFixedWindowThatNobodyToldOfCostsARefusalUpstreamAndNoneHere() {
        try (Emulator emulator = emulator(Shape.parse("fixed"), "20req/2s")) {
            allAreAnswered(emulator, 60, 5);
        }
    }
}
