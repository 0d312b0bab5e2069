package dev.penstock.gateway.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.Ledger;
import dev.penstock.emulator.LimitText;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Scripts of the official Python and Node.js clients ask for many times the quota at once, through the gateway: they see no
 * exception and get every answer.
 */
@Timeout(120)
final class SdkClientsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(55);

    /** Long enough for a stream to show whether it arrives while it is produced. */
    private static final Latency STREAMING = Latency.parse("tokens:50ms,150/s");

    /** A hundred calls take ten seconds of it. */
    private static final int REQUESTS_PER_SECOND = 10;

    private static final Latency QUICK = Latency.parse("20ms..60ms");

    private final ClientScripts scripts = new ClientScripts();

    static List<Path> ownScripts() {
        return new ClientScripts().own();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ownScripts")
    void aScriptGetsAllItsAnswers(Path script) throws IOException, InterruptedException {
        assumeInstalled(script);
        boolean streams = String.valueOf(script.getFileName()).startsWith("streams");
        try (ServedApi api = ServedApi.gateway(REQUESTS_PER_SECOND, streams ? STREAMING : QUICK)) {
            ClientScripts.Run run = scripts.run(script, api.baseUrl(), PATIENCE);
            assertThat(run.exitCode()).as(run.toString()).isZero();
            JsonNode report = run.report();
            assertThat(report.at("/exceptions")).as(run.toString()).isEmpty();
            long calls = report.at("/calls").asLong();
            assertThat(calls).isPositive();
            assertThat(report.at("/answered").asLong()).isEqualTo(calls);
            assertThat(report.at("/distinct_answers").asLong()).isEqualTo(calls);
            assertThat(report.at("/rate_limit_errors").asLong()).isZero();
            assertThat(report.at("/retries_seen").asLong()).isZero();
            assertThat(report.at("/sdk_retries").asLong()).isZero();
            if (streams) {
                assertThat(report.at("/stream_ok").asBoolean())
                        .as(run.toString())
                        .isTrue();
                assertThat(report.at("/headers/x-request-id").asText()).startsWith("req_");
                assertThat(report.at("/headers/x-ratelimit-remaining-requests").asText())
                        .as(run.toString())
                        .isNotEmpty();
                assertThat(report.at("/headers/x-penstock-queue-ms").asText())
                        .as(run.toString())
                        .matches("\\d+");
            }
            Ledger ledger = api.ledger();
            assertThat(ledger.answered()).isEqualTo(calls);
            assertThat(ledger.repeatedAfterAnswer()).isZero();
            // How deep the limit is has to be found out; nobody but the gateway sees these.
            assertThat(ledger.refusedTotal()).isLessThanOrEqualTo(calls / 5);
        }
    }

    /** What the other tests assert would show here: a harness that is blind to refusals proves nothing. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("scriptsThatCountRefusals")
    void aScriptThatIsRefusedReportsIt(Path script) throws IOException, InterruptedException {
        assumeInstalled(script);
        FamilyLimits twentyADay = FamilyLimits.same(List.of(LimitText.parse("20req/1d")));
        try (ServedApi api = ServedApi.emulator(twentyADay, QUICK)) {
            ClientScripts.Run run = scripts.run(script, api.baseUrl(), PATIENCE);
            JsonNode report = run.report();
            assertThat(report.at("/answered").asLong()).as(run.toString()).isEqualTo(20);
            assertThat(report.at("/exceptions/RateLimitError").asLong()).isEqualTo(80);
            assertThat(report.at("/rate_limit_errors").asLong()).isGreaterThanOrEqualTo(80);
            long retries = report.at("/retries_seen").asLong()
                    + report.at("/sdk_retries").asLong();
            assertThat(retries).isPositive();
            assertThat(api.ledger().refusedTotal()).isEqualTo(80 + retries);
        }
    }

    static Stream<Path> scriptsThatCountRefusals() {
        return ownScripts().stream()
                .filter(script -> script.endsWith("backoff_threads.py") || script.endsWith("all_at_once.mjs"));
    }

    static List<Path> foreignScripts() {
        return new ClientScripts().foreign();
    }

    /** Not run at all unless somebody names scripts; a pass without one would claim too much. */
    @ParameterizedTest(name = "{0}", allowZeroInvocations = true)
    @MethodSource("foreignScripts")
    void aScriptFromElsewhereEndsWellAndSeesNoRateLimit(Path script) throws IOException, InterruptedException {
        assumeInstalled(script);
        try (ServedApi api = ServedApi.gateway(REQUESTS_PER_SECOND, QUICK)) {
            ClientScripts.Run run = scripts.run(script, api.baseUrl(), PATIENCE);
            assertThat(run.exitCode()).as(run.toString()).isZero();
            assertThat(run.out() + run.err()).doesNotContain("RateLimitError");
            assertThat(api.ledger().answered()).isPositive();
        }
    }

    @Test
    void bothLanguagesHaveScripts() {
        assertThat(ownScripts()).map(path -> String.valueOf(path.getFileName())).hasSize(8);
    }

    private void assumeInstalled(Path script) {
        Optional<String> missing = scripts.missingFor(script);
        assumeTrue(missing.isEmpty(), () -> missing.orElse(""));
    }
}
