package dev.penstock.pacing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitState;
import dev.penstock.time.VirtualTime;
import dev.penstock.verdict.Verdict.Fault;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a registry sees. */
final class PenstockMetricsTest {
    private final VirtualTime time = new VirtualTime();
    private final Penstock penstock = Penstock.builder()
            .time(time)
            .executor(Runnable::run)
            .concurrency(1)
            .tokensPerMinute(1_000)
            .build();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    private PenstockMetricsTest() {
        new PenstockMetrics(penstock).bindTo(registry);
    }

    @Test
    void answersRefusalsAndWaitsAreCounted() throws InterruptedException {
        Ask ask = Ask.tokens("gpt-4o-mini-2024-07-18", 10);
        Grant first = penstock.acquire(ask);
        CompletableFuture<Grant> second = penstock.acquireAsync(ask);
        CompletableFuture<Grant> third = penstock.acquireAsync(ask);
        time.advance(Duration.ofSeconds(3));

        assertThat(gauge("penstock.pacing.waiting")).isEqualTo(2);
        assertThat(gauge("penstock.pacing.running")).isEqualTo(1);
        assertThat(third.cancel(false)).isTrue();
        first.answered();
        second.join().failed();
        assertThatThrownBy(() -> penstock.acquire(Ask.tokens("gpt-4o-mini", 2_000)))
                .isInstanceOf(TooLargeException.class);

        assertThat(registry.get("penstock.pacing.wait")
                        .tag("family", "gpt-4o-mini")
                        .timer()
                        .count())
                .isEqualTo(2);
        assertThat(registry.get("penstock.pacing.run")
                        .tag("outcome", "answered")
                        .timer()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("penstock.pacing.run")
                        .tag("outcome", "failed")
                        .timer()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("penstock.pacing.refusals")
                        .tag("reason", "too-large")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("penstock.pacing.refusals")
                        .tag("reason", "cancelled")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void limitsHaveGaugesOnceTheyAreKnown() throws InterruptedException {
        Ask ask = Ask.tokens("gpt-4o", 10);
        penstock.acquire(ask).answered(List.of(new LimitState(new Limit(Dimension.REQUESTS_PER_MINUTE, 500), 499)));
        time.advance(Duration.ofSeconds(1));
        penstock.acquire(ask).answered();

        assertThat(registry.get("penstock.pacing.quota.limit")
                        .tag("limit", "requests per minute")
                        .tag("source", "headers")
                        .tag("family", "gpt-4o")
                        .gauge()
                        .value())
                .isEqualTo(500);
        assertThat(registry.get("penstock.pacing.quota.limit")
                        .tag("source", "cap")
                        .gauge()
                        .value())
                .isEqualTo(1_000);
        assertThat(registry.get("penstock.pacing.quota.remaining")
                        .tag("source", "headers")
                        .gauge()
                        .value())
                .isBetween(490.0, 500.0);
        assertThat(registry.get("penstock.pacing.quota.running.limit").gauge().value())
                .isEqualTo(1);
    }

    @Test
    void repetitionsAreCountedByCause() throws InterruptedException {
        PacedCall call = penstock.paced(PacedRequest.read("GET", "/v1/models", null, new byte[0]));
        assertThat(call.awaitTurn()).isTrue();
        assertThat(call.broke(Fault.SERVER_ERROR, "Down.")).isInstanceOf(Next.BackOff.class);
        call.close();

        assertThat(registry.get("penstock.pacing.repetitions")
                        .tag("family", "none")
                        .tag("cause", "fault")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void madeUpFamiliesAreCountedTogether() throws InterruptedException {
        for (int i = 0; i < 150; i++) {
            penstock.acquire(Ask.request("family-" + i)).answered();
        }

        assertThat(registry.get("penstock.pacing.wait")
                        .tag("family", "other")
                        .timer()
                        .count())
                .isEqualTo(50);
        assertThat(registry.find("penstock.pacing.wait").timers()).hasSize(101);
    }

    private double gauge(String name) {
        return registry.get(name).gauge().value();
    }
}
