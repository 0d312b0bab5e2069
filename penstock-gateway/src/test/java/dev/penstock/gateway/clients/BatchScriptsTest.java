package dev.penstock.gateway.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.penstock.emulator.BatchLedger;
import dev.penstock.emulator.BatchPace;
import dev.penstock.emulator.BatchSettings;
import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.gateway.Gateway;
import dev.penstock.gateway.GatewayEvents;
import dev.penstock.gateway.GatewaySettings;
import dev.penstock.gateway.config.GatewayConfig;
import dev.penstock.gateway.config.Upstream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files and batches by the official Python and Node.js clients, with the emulator itself and through the gateway. */
@Timeout(120)
final class BatchScriptsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(55);

    private static final BatchSettings TEN_MINUTES_IN_TWO_SECONDS = BatchSettings.standard()
            .withPace(BatchPace.parse("10m"))
            .withTimeScale(300)
            .withRowErrorShare(0.03);

    private final ClientScripts scripts = new ClientScripts();

    static List<Path> ownScripts() {
        return new ClientScripts().ofBatches();
    }

    private static Emulator emulator(BatchSettings batches) {
        return Emulator.start(EmulatorSettings.of(TwinSettings.builder()
                .limits(FamilyLimits.ofTier("1"))
                .batches(batches)
                .build()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ownScripts")
    void aScriptTakesABatchAllItsWay(Path script) throws IOException, InterruptedException {
        assumeInstalled(script);
        try (Emulator emulator = emulator(TEN_MINUTES_IN_TWO_SECONDS)) {
            check(scripts.run(script, emulator.baseUri(), PATIENCE), emulator);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ownScripts")
    void theGatewayPassesABatchOnAsItIs(Path script) throws IOException, InterruptedException {
        assumeInstalled(script);
        try (Emulator emulator = emulator(TEN_MINUTES_IN_TWO_SECONDS);
                Gateway gateway = Gateway.start(
                        GatewaySettings.of(GatewayConfig.of(Upstream.passingOn("main", emulator.baseUri())), 0),
                        new GatewayEvents() {})) {
            check(scripts.run(script, gateway.baseUri(), PATIENCE), emulator);
        }
    }

    private static void check(ClientScripts.Run run, Emulator emulator) {
        assertThat(run.exitCode()).as(run.toString()).isZero();
        JsonNode report = run.report();
        assertThat(report.at("/exceptions")).as(run.toString()).isEmpty();
        assertThat(report.at("/statuses"))
                .extracting(JsonNode::asText)
                .contains("in_progress", "completed", "cancelled");
        long failed = report.at("/failed").asLong();
        assertThat(failed).isBetween(1L, 40L);
        assertThat(report.at("/completed").asLong()).isEqualTo(500 - failed);
        assertThat(report.at("/answers").asLong()).isEqualTo(500 - failed);
        assertThat(report.at("/errors").asLong()).isEqualTo(failed);
        assertThat(report.at("/distinct").asLong()).isEqualTo(500);
        assertThat(report.at("/usage").asLong()).isPositive();
        assertThat(report.at("/part").asText()).isEqualTo("1");
        assertThat(report.at("/cancel").asText()).isEqualTo("cancelling");
        assertThat(report.at("/cancelled").asText()).isEqualTo("cancelled");
        assertThat(report.at("/parts_listed")).extracting(JsonNode::asText).containsExactly("3", "2", "1");
        assertThat(report.at("/files_listed").asLong()).isOne();
        assertThat(report.at("/deleted").asBoolean()).isTrue();
        assertThat(report.at("/after_deletion").asInt()).isEqualTo(404);
        BatchLedger ledger = emulator.ledger().batches();
        assertThat(ledger.created()).isEqualTo(3);
        assertThat(ledger.createsRefused()).isZero();
        assertThat(ledger.filesUploaded()).isOne();
        assertThat(ledger.filesDeleted()).isOne();
    }

    static List<Path> foreignScripts() {
        return new ClientScripts().foreignOfBatches();
    }

    /** Not run at all unless somebody names scripts; a pass without one would claim too much. */
    @ParameterizedTest(name = "{0}", allowZeroInvocations = true)
    @MethodSource("foreignScripts")
    void aScriptFromElsewhereGetsItsBatchesDone(Path script) throws IOException, InterruptedException {
        assumeInstalled(script);
        try (Emulator emulator = emulator(BatchSettings.standard())) {
            ClientScripts.Run run = scripts.run(script, emulator.baseUri(), PATIENCE);
            assertThat(run.exitCode()).as(run.toString()).isZero();
            BatchLedger ledger = emulator.ledger().batches();
            assertThat(ledger.ended()).containsOnlyKeys("completed");
            assertThat(ledger.rowsAnswered()).isPositive();
        }
    }

    @Test
    void bothLanguagesHaveAScript() {
        assertThat(ownScripts())
                .extracting(path -> String.valueOf(path.getFileName()))
                .containsExactly("batches.mjs", "batches.py");
    }

    private void assumeInstalled(Path script) {
        Optional<String> missing = scripts.missingFor(script);
        assumeTrue(missing.isEmpty(), () -> missing.orElse(""));
    }
}
