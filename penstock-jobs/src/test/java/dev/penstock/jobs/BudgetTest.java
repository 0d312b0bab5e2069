package dev.penstock.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FaultPlan;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.OutputLength;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.wire.Endpoint;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.Pricing;
import dev.penstock.wire.RequestFacts;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A budget against what the emulator saw, which is what a provider might charge. */
@Timeout(120)
final class BudgetTest {
    private static final String MODEL = "gpt-4o-mini";
    private static final String LIMIT = ",\"max_completion_tokens\":60";

    @TempDir
    private Path folder;

    @Test
    void whatMayHaveBeenChargedNeverExceedsTheBudgetThroughFaultsAndInterrupts() throws IOException {
        BigDecimal budget = new BigDecimal("0.008");
        try (Emulator emulator = start(TwinSettings.builder()
                .faults(FaultPlan.parse("hang=5%,reset=5%,reset-body=5%,cut=5%"))
                .outputLength(new OutputLength(50, 0))
                .latency(Latency.parse("10ms..30ms")))) {
            Path in = batch(500, LIMIT);
            RunSettings settings = settings(emulator.baseUri(), in)
                    .timeout(Duration.ofMillis(500))
                    .budgetDollars(budget)
                    .build();
            for (int stops = 1; stops <= 2; stops++) {
                JobRun run = new JobRun(settings, RunListener.none());
                CompletableFuture<RunReport> running = CompletableFuture.supplyAsync(run::run);
                long enough = 30L * stops;
                await(() -> emulator.ledger().answered() >= enough);
                run.interrupt();
                run.interrupt();
                assertThat(charged(running.join(), emulator)).isLessThanOrEqualTo(budget);
            }

            RunReport last = run(settings);

            assertThat(last.end()).isEqualTo(RunEnd.BUDGET_REACHED);
            assertThat(last.explanation().orElseThrow()).contains("calls whose answers never came");
            assertThat(emulator.ledger().faults()).hasSize(4);
            assertThat(charged(last, emulator))
                    .isLessThanOrEqualTo(budget)
                    .isGreaterThan(budget.multiply(new BigDecimal("0.8")));
            long admitted = emulator.ledger().admitted();
            assertThat(run(settings).end()).isEqualTo(RunEnd.BUDGET_REACHED);
            assertThat(emulator.ledger().admitted()).isEqualTo(admitted);
        }
    }

    @Test
    void whatIsInFlightWhenTheProcessDiesCountsAtItsWorst() throws IOException {
        Path in = batch(20, LIMIT);
        BigDecimal budget = worstCase().multiply(new BigDecimal("5.5"));
        Path copy = Files.createDirectory(folder.resolve("copy")).resolve("out.jsonl");
        try (Emulator hanging = start(TwinSettings.builder().faults(FaultPlan.parse("hang=100%")))) {
            JobRun run = new JobRun(
                    settings(hanging.baseUri(), in).budgetDollars(budget).build(), RunListener.none());
            CompletableFuture<RunReport> running = CompletableFuture.supplyAsync(run::run);
            await(() -> hanging.ledger().inFlight() == 5);
            // What is on the disk now is what a killed process leaves.
            for (String suffix : new String[] {"", "-wal"}) {
                Files.copy(Path.of(OutputWriter.jobFile(out()) + suffix), Path.of(OutputWriter.jobFile(copy) + suffix));
            }
            run.interrupt();
            run.interrupt();
            assertThat(running.join().end()).isEqualTo(RunEnd.INTERRUPTED);
            assertThat(hanging.ledger().admitted()).isEqualTo(5);
        }
        try (Emulator well = start(TwinSettings.builder())) {
            for (Path output : new Path[] {copy, out()}) {
                RunSettings.Builder again = settings(well.baseUri(), in).output(output);
                assertThat(run(again.budgetDollars(budget).build()).end()).isEqualTo(RunEnd.BUDGET_REACHED);
                assertThat(well.ledger().admitted()).isZero();
            }
            RunReport richer = run(
                    settings(well.baseUri(), in).budgetDollars(BigDecimal.ONE).build());
            assertThat(richer.end()).isEqualTo(RunEnd.COMPLETE);
        }
    }

    @Test
    void aRowWithoutALimitReservesAllThatItsModelMayWrite() throws IOException {
        Path in = batch(3, "");
        try (Emulator emulator = start(TwinSettings.builder().outputLength(new OutputLength(50, 0)))) {
            // 16,384 tokens at 0.60 dollars a million are 0.00983 dollars.
            assertThat(run(settings(emulator.baseUri(), in)
                                    .budgetDollars(new BigDecimal("0.0098"))
                                    .build())
                            .end())
                    .isEqualTo(RunEnd.BUDGET_REACHED);
            assertThat(emulator.ledger().admitted()).isZero();
            assertThat(run(settings(emulator.baseUri(), in)
                                    .budgetDollars(new BigDecimal("0.01"))
                                    .build())
                            .end())
                    .isEqualTo(RunEnd.COMPLETE);
        }
    }

    @Test
    void aRowThatNothingBoundsIsRefusedBeforeAnythingIsSent() throws IOException {
        Path in = batch(3, "");
        try (Emulator emulator = start(TwinSettings.builder())) {
            RunSettings.Builder settings = settings(emulator.baseUri(), in)
                    .prices(prices("family,input,output\ngpt-4o-mini,1,2\n"))
                    .budgetDollars(BigDecimal.ONE);
            assertThatThrownBy(() -> run(settings.build()))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(MODEL)
                    .hasMessageContaining("--max-output")
                    .hasMessageContaining("max_output_tokens");
            assertThat(emulator.ledger().arrived()).isZero();
        }
    }

    @Test
    void aBudgetThatComesLaterIsHeldToTheSameRules() throws IOException {
        Path in = batch(200, "");
        try (Emulator emulator = start(TwinSettings.builder().latency(Latency.parse("20ms")))) {
            JobRun first = new JobRun(settings(emulator.baseUri(), in).build(), RunListener.none());
            CompletableFuture<RunReport> running = CompletableFuture.supplyAsync(first::run);
            await(() -> emulator.ledger().answered() >= 10);
            first.interrupt();
            RunReport interrupted = running.join();
            assertThat(interrupted.job().pending()).isPositive();
            long admitted = emulator.ledger().admitted();

            RunSettings.Builder capped = settings(emulator.baseUri(), in).budgetDollars(BigDecimal.ONE);
            assertThatThrownBy(() -> run(capped.prices(prices("family,input,output\ngpt-4o-mini,1,2\n"))
                            .build()))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("--max-output");
            PriceTable others = PriceTable.load(file("family,input\nllama-9,1\n"));
            assertThatThrownBy(() -> run(capped.prices(others).build()))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("price is not known");
            assertThat(emulator.ledger().admitted()).isEqualTo(admitted);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "',\"max_tokens\":7', 1, 7",
        "'', 1, 101",
        "',\"n\":3', 3, 303",
    })
    void eachByteCountsForATokenAndTheAnswerAtItsMaximum(String limit, int choices, long output) throws IOException {
        Pricing pricing =
                new Pricing(PriceTable.load(file("family,input,output,max_output_tokens\ngpt-4o-mini,0.001,1,101\n")));
        byte[] body = body(123_456_789, limit).getBytes(UTF_8);
        RequestFacts facts = RequestFacts.read(Endpoint.CHAT_COMPLETIONS, body);
        assertThat(pricing.worstCaseNanoDollars(facts, body.length))
                .isEqualTo((long) body.length * choices + output * 1_000);
    }

    @Test
    void anImageCountsByItsSizeAndNotByItsBytes() throws IOException {
        Pricing pricing = new Pricing(PriceTable.load(file("family,input,output\nm,0.001,0.001\n")));
        byte[] body = ("{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
                        + "\"image_url\",\"image_url\":{\"url\":\"data:" + "A".repeat(1_000_000) + "\"}}]}]}")
                .getBytes(UTF_8);
        RequestFacts facts = RequestFacts.read(Endpoint.CHAT_COMPLETIONS, body);
        assertThat(pricing.worstCaseNanoDollars(facts, body.length)).isBetween(50_000L, 51_000L);
    }

    /** What the stored answers cost, and the most that each other request may have cost. */
    private static BigDecimal charged(RunReport report, Emulator emulator) {
        long lost = emulator.ledger().admitted() - report.job().answered();
        return report.costDollars().orElseThrow().add(worstCase().multiply(BigDecimal.valueOf(lost)));
    }

    private static BigDecimal worstCase() {
        byte[] body = body(0, LIMIT).getBytes(UTF_8);
        RequestFacts facts = RequestFacts.read(Endpoint.CHAT_COMPLETIONS, body);
        return BigDecimal.valueOf(new Pricing(PriceTable.builtIn()).worstCaseNanoDollars(facts, body.length), 9);
    }

    private PriceTable prices(String text) throws IOException {
        return PriceTable.builtIn().overriddenBy(file(text));
    }

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("prices.csv"), text);
    }

    private Path out() {
        return folder.resolve("out.jsonl");
    }

    private RunSettings.Builder settings(URI baseUrl, Path in) {
        return RunSettings.builder(in, baseUrl).output(out()).upstream("twin");
    }

    private static RunReport run(RunSettings settings) {
        return new JobRun(settings, RunListener.none()).run();
    }

    private static Emulator start(TwinSettings.Builder twin) {
        return Emulator.start(EmulatorSettings.of(twin.build()));
    }

    private Path batch(int rows, String limit) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < rows; i++) {
            text.append("{\"custom_id\":\"id-" + i
                            + "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":")
                    .append(body(i, limit))
                    .append("}\n");
        }
        return Files.writeString(folder.resolve("in.jsonl"), text);
    }

    private static String body(int number, String limit) {
        return "{\"model\":\"" + MODEL + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Say " + number
                + " in words.\"}]" + limit + "}";
    }

    private static void await(BooleanSupplier condition) {
        long started = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - started > 30_000_000_000L) {
                throw new AssertionError("not reached within 30 s");
            }
            Thread.onSpinWait();
        }
    }
}
