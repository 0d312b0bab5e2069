package dev.penstock.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.gateway.config.KeyHash;
import dev.penstock.gateway.config.KeyRing;
import dev.penstock.gateway.config.QueueSettings;
import dev.penstock.gateway.config.Tenant;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.queue.Priority;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What must not get through, because nobody could answer for it. */
@Timeout(60)
final class GatewayGuardTest {
    private static final Tenant BOUND_TO_A_MODEL = new Tenant(
            "reports", 1, Priority.NORMAL, List.of("gpt-4o-mini"), List.of(), OptionalInt.empty(), Optional.empty());

    @Test
    void aTenantBoundToModelsMayNotGoAroundThemByFilesOrBatchesOrBodiesThatNobodyCanRead() throws InterruptedException {
        try (ScriptedUpstream upstream = ScriptedUpstream.answering(
                        (seen, response) -> ScriptedUpstream.json(response, 200, "{\"object\":\"list\",\"data\":[]}"));
                RunningGateway gateway = RunningGateway.of(RunningGateway.config(
                        QueueSettings.DEFAULT,
                        KeyRing.of(Map.of(KeyHash.of("psk-1"), BOUND_TO_A_MODEL)),
                        RunningGateway.keyed("main", upstream.baseUri(), "sk-real")))) {
            HttpResponse<String> batch = gateway.send(gateway.request("/batches")
                    .header("Authorization", "Bearer psk-1")
                    .POST(HttpRequest.BodyPublishers.ofString("{}"))
                    .build());
            HttpResponse<String> unreadable = gateway.ask("{\"model\":", "Authorization", "Bearer psk-1");
            assertThat(upstream.seen).isEmpty();
            HttpResponse<String> models = gateway.send(gateway.request("/models")
                    .header("Authorization", "Bearer psk-1")
                    .GET()
                    .build());

            assertThat(batch.statusCode()).isEqualTo(403);
            assertThat(batch.body()).contains("endpoint_not_allowed");
            assertThat(unreadable.statusCode()).isEqualTo(400);
            assertThat(unreadable.body()).contains("invalid_body");
            assertThat(models.statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aPageOfTheWebCannotSpendAKeyThatIsSentForEverybodyOnThisMachine() throws InterruptedException {
        try (ScriptedUpstream upstream = ScriptedUpstream.answering(
                        (seen, response) -> ScriptedUpstream.json(response, 200, ScriptedUpstream.chatAnswer(1, 1)));
                RunningGateway ownKey = RunningGateway.of(RunningGateway.config(
                        QueueSettings.DEFAULT,
                        KeyRing.open(),
                        RunningGateway.keyed("main", upstream.baseUri(), "sk-real")));
                RunningGateway clientsKeys = RunningGateway.of(RunningGateway.config(
                        QueueSettings.DEFAULT, KeyRing.open(), Upstream.passingOn("main", upstream.baseUri())))) {
            HttpResponse<String> foreign = ownKey.ask(RunningGateway.chat("x"), "Origin", "https://example.com");
            assertThat(upstream.seen).isEmpty();

            assertThat(foreign.statusCode()).isEqualTo(403);
            assertThat(foreign.body()).contains("origin_not_allowed");
            assertThat(ownKey.ask(RunningGateway.chat("x"), "Origin", "http://localhost:3000")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(ownKey.ask(RunningGateway.chat("x")).statusCode()).isEqualTo(200);
            // Who brings a key of their own spends their own money.
            assertThat(clientsKeys
                            .ask(RunningGateway.chat("x"), "Origin", "https://example.com", "Authorization", "Bearer k")
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void aCallThatCreatesSomethingIsNotRepeatedAfterAFaultUnlessItsKeyMakesThatHarmless() throws InterruptedException {
        try (ScriptedUpstream upstream = ScriptedUpstream.answering((seen, response) ->
                        ScriptedUpstream.json(response, 500, "{\"error\":{\"message\":\"broken\"}}"));
                RunningGateway gateway = RunningGateway.of(RunningGateway.config(
                        new QueueSettings(
                                10,
                                1 << 20,
                                1 << 20,
                                QueueSettings.DEFAULT.deadline(),
                                QueueSettings.DEFAULT.timeout(),
                                2),
                        KeyRing.open(),
                        Upstream.passingOn("main", upstream.baseUri())))) {
            HttpResponse<String> once = gateway.send(gateway.request("/batches")
                    .POST(HttpRequest.BodyPublishers.ofString("{}"))
                    .build());
            assertThat(once.statusCode()).isEqualTo(500);
            assertThat(upstream.seen).hasSize(1);

            HttpResponse<String> twice = gateway.send(gateway.request("/batches")
                    .header("Idempotency-Key", "7")
                    .POST(HttpRequest.BodyPublishers.ofString("{}"))
                    .build());
            assertThat(twice.statusCode()).isEqualTo(500);
            assertThat(upstream.seen).hasSize(3);
            assertThat(upstream.seen.getLast().headers().get("idempotency-key")).isEqualTo("7");
        }
    }
}
