package dev.penstock.gateway;

import static dev.penstock.gateway.RunningGateway.chat;
import static dev.penstock.gateway.RunningGateway.keyed;
import static dev.penstock.gateway.RunningGateway.until;
import static dev.penstock.gateway.Tenants.keyOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.LimitText;
import dev.penstock.gateway.config.Budget;
import dev.penstock.gateway.config.QueueSettings;
import dev.penstock.gateway.config.Tenant;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.queue.Priority;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may come in, as what, and who goes first. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GatewayTenantsTest {
    private static final String UPSTREAM_KEY = "sk-upstream";

    private final HeldAnswers script = new HeldAnswers();
    private final ScriptedUpstream upstream = ScriptedUpstream.answering(script);

    @AfterEach
    void stop() {
        upstream.close();
    }

    private RunningGateway keys(Tenant... tenants) {
        return keys(keyed("main", upstream.baseUri(), UPSTREAM_KEY), tenants);
    }

    private static RunningGateway keys(Upstream upstream, Tenant... tenants) {
        return RunningGateway.of(RunningGateway.config(QueueSettings.DEFAULT, Tenants.ring(tenants), upstream));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer psk-test-somebody", "Bearer sk-upstream", "psk-test-web", "Basic psk-test-web"})
    void whoHasNoKeyOfTheGatewayIsTurnedAway(String credential) throws InterruptedException {
        try (RunningGateway running = keys(Tenants.limited("web"))) {
            HttpResponse<String> answer = credential.isEmpty()
                    ? running.ask(chat("Hello"))
                    : running.ask(chat("Hello"), "Authorization", credential);
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.body())
                    .contains("\"code\":\"invalid_api_key\"", "psk-")
                    .doesNotContain("psk-test", "sk-upstream", "somebody");
            assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
            assertThat(upstream.seen).isEmpty();
            running.untilEnded(Outcome.REFUSED_INVALID);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/chat/completions", "/models", "/files", "/something/else?key=no"})
    void theKeyOfATenantNeverReachesTheUpstreamAndItsOwnDoes(String path) throws InterruptedException {
        try (RunningGateway running = keys(Tenants.limited("web"))) {
            HttpRequest request = running.request(path)
                    .headers(keyOf(
                            "web",
                            "OpenAI-Organization",
                            "org-of-the-client",
                            "OpenAI-Project",
                            "project-of-the-client",
                            "x-penstock-tenant",
                            "web",
                            "x-penstock-priority",
                            "bulk"))
                    .POST(HttpRequest.BodyPublishers.ofString(chat("Hello")))
                    .build();
            assertThat(running.send(request).statusCode()).isEqualTo(200);
            ScriptedUpstream.Seen seen = upstream.seen.getFirst();
            assertThat(seen.headers().getAll("authorization")).containsExactly("Bearer " + UPSTREAM_KEY);
            assertThat(seen.headers().toString().toLowerCase(java.util.Locale.ROOT))
                    .doesNotContain(Tenants.key("web"), "of-the-client", "x-penstock");
            running.untilEnded(Outcome.ANSWERED);
            assertThat(running.ended.element().tenant()).isEqualTo("web");
        }
    }

    @Test
    void aTenantMayUseItsModelsAlone() throws InterruptedException {
        try (RunningGateway running = keys(Tenants.using("web", "gpt-4o-mini"), Tenants.using("search", "gpt-5*"))) {
            assertThat(running.ask(chat("Hello"), keyOf("web")).statusCode()).isEqualTo(200);
            HttpResponse<String> refused = running.ask(chat("Hello"), keyOf("search"));
            assertThat(refused.statusCode()).isEqualTo(403);
            assertThat(refused.body()).contains("\"code\":\"model_not_allowed\"", "search", "gpt-5*");
            assertThat(refused.headers().firstValue("x-should-retry")).contains("false");
            assertThat(upstream.seen).hasSize(1);
            running.untilIdle();
        }
    }

    @Test
    void whatCannotBeReadIsNoWayAroundTheModelsAndTheBudgetOfAKey() throws InterruptedException {
        String unreadable = chat("Hello").replace("{\"model\"", "{\"stream\":\"true\",\"model\"");
        try (RunningGateway running = keys(
                Tenants.using("web", "gpt-5*"),
                Tenants.spending("reports", 1_000, Budget.Period.FOREVER),
                Tenants.limited("free"))) {
            for (String tenant : List.of("web", "reports")) {
                HttpResponse<String> answer = running.ask(unreadable, keyOf(tenant));
                assertThat(answer.statusCode()).isEqualTo(400);
                assertThat(answer.body())
                        .contains("\"code\":\"invalid_body\"", tenant)
                        .doesNotContain("Hello");
            }
            assertThat(upstream.seen).isEmpty();
            assertThat(running.ask(unreadable, keyOf("free")).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void itsOwnLimitsHoldATenantAndNobodyElse() throws InterruptedException {
        try (RunningGateway running =
                keys(Tenants.limited("reports", LimitText.parse("2req/1m")), Tenants.limited("web"))) {
            assertThat(running.ask(chat("First"), keyOf("reports")).statusCode())
                    .isEqualTo(200);
            assertThat(running.ask(chat("Second"), keyOf("reports")).statusCode())
                    .isEqualTo(200);
            CompletableFuture<HttpResponse<String>> third = running.askSoon(chat("Third"), keyOf("reports"));
            running.untilWaiting(1);
            for (int i = 0; i < 5; i++) {
                assertThat(running.ask(chat("Other " + i), keyOf("web")).statusCode())
                        .isEqualTo(200);
            }
            assertThat(third).isNotDone();
            HttpResponse<String> late = running.ask(chat("Late"), keyOf("reports", "x-request-deadline-ms", "2000"));
            assertThat(late.statusCode()).isEqualTo(429);
            assertThat(late.body()).contains("\"code\":\"queue_deadline_exceeded\"", "the tenant's own limits");
            assertThat(late.headers().firstValueAsLong("retry-after-ms").orElseThrow())
                    .isPositive();
        }
    }

    @Test
    void whatATenantsLimitsNeverHoldIsRefusedAtOnce() throws InterruptedException {
        try (RunningGateway running = keys(Tenants.limited("reports", LimitText.parse("1000tok/1m")))) {
            HttpResponse<String> answer = running.ask(chat("Much", 5_000), keyOf("reports"));
            assertThat(answer.statusCode()).isEqualTo(429);
            assertThat(answer.body()).contains("\"code\":\"request_too_large\"");
            assertThat(upstream.seen).isEmpty();
        }
    }

    @Test
    void itsConcurrencyHoldsATenantAndNobodyElse() throws InterruptedException {
        try (RunningGateway running = keys(Tenants.concurrent("reports", 1), Tenants.limited("web"))) {
            CompletableFuture<HttpResponse<String>> first = running.askSoon(chat("hold"), keyOf("reports"));
            script.untilHeld(1);
            CompletableFuture<HttpResponse<String>> second = running.askSoon(chat("Second"), keyOf("reports"));
            running.untilWaiting(1);
            assertThat(running.ask(chat("Other"), keyOf("web")).statusCode()).isEqualTo(200);
            assertThat(second).isNotDone();
            script.letGo();
            assertThat(first.join().statusCode()).isEqualTo(200);
            assertThat(second.join().statusCode()).isEqualTo(200);
            running.untilIdle();
        }
    }

    @Test
    void withoutKeysATenantIsWhomItsHeaderNamesElseItsKeyElseNobody() throws InterruptedException {
        try (RunningGateway running = RunningGateway.inFrontOf(upstream.baseUri())) {
            assertThat(running.ask(chat("Hello"), "x-penstock-tenant", "web").statusCode())
                    .isEqualTo(200);
            assertThat(running.ask(chat("Hello"), "Authorization", "Bearer sk-of-somebody")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(running.ask(chat("Hello")).statusCode()).isEqualTo(200);
            running.untilEnded(Outcome.ANSWERED, Outcome.ANSWERED, Outcome.ANSWERED);
            List<String> tenants =
                    running.ended.stream().map(GatewayEvents.Ended::tenant).toList();
            assertThat(tenants.get(0)).isEqualTo("web");
            assertThat(tenants.get(1)).startsWith("key-").hasSize(12).doesNotContain("somebody");
            assertThat(tenants.get(2)).isEqualTo("anonymous");
            assertThat(upstream.seen.get(1).headers().get("authorization")).isEqualTo("Bearer sk-of-somebody");
        }
    }

    private List<String> order() {
        List<String> order = new ArrayList<>();
        for (ScriptedUpstream.Seen seen : upstream.seen) {
            String body = seen.body().toString();
            order.add(body.substring(body.indexOf("content\":\"") + 10, body.lastIndexOf("\"}]")));
        }
        return order;
    }

    @Test
    void interactiveWorkGoesBeforeNormalAndThatBeforeBulk() {
        try (RunningGateway running = RunningGateway.of(RunningGateway.config(
                QueueSettings.DEFAULT,
                dev.penstock.gateway.config.KeyRing.open(),
                Upstreams.capped(Upstream.passingOn("main", upstream.baseUri()), 1)))) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            answers.add(running.askSoon(chat("hold")));
            script.untilHeld(1);
            for (String band : List.of("bulk", "normal", "interactive")) {
                answers.add(running.askSoon(chat(band), "x-penstock-priority", band));
                running.untilWaiting(answers.size() - 1);
            }
            script.letGo();
            assertThat(answers)
                    .allSatisfy(answer -> assertThat(answer.join().statusCode()).isEqualTo(200));
            assertThat(order()).containsExactly("hold", "interactive", "normal", "bulk");
        }
    }

    @Test
    void nobodyGoesBeforeTheBandOfItsKey() {
        try (RunningGateway running = keys(
                Upstreams.capped(keyed("main", upstream.baseUri(), UPSTREAM_KEY), 1),
                Tenants.in("reports", Priority.BULK),
                Tenants.in("web", Priority.INTERACTIVE))) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            answers.add(running.askSoon(chat("hold"), keyOf("web")));
            script.untilHeld(1);
            answers.add(running.askSoon(chat("reports"), keyOf("reports", "x-penstock-priority", "interactive")));
            running.untilWaiting(1);
            answers.add(running.askSoon(chat("web"), keyOf("web", "x-penstock-priority", "normal")));
            running.untilWaiting(2);
            script.letGo();
            assertThat(answers)
                    .allSatisfy(answer -> assertThat(answer.join().statusCode()).isEqualTo(200));
            assertThat(order()).containsExactly("hold", "web", "reports");
            until("all have ended", () -> running.ended.size() == 3);
        }
    }
}
