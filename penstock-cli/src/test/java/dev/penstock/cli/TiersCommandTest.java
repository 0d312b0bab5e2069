package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TiersCommandTest {
    private final Console console = Console.bare();

    @TempDir
    private Path folder;

    @Test
    void everyFigureHasASourceWithItsDateAndAddress() {
        assertThat(console.run("tiers", "gpt-4o")).isZero();
        assertThat(console.out())
                .contains("model-pages-2026, read 2026-06: https://developers.openai.com/api/docs/models/gpt-4o")
                .contains("guide-2026-06, read 2026-06")
                .contains("  ./penstock tiers gpt-4o --rpm 800");
    }

    @Test
    void whereSourcesDifferItIsSaidInWhat() {
        assertThat(console.run("tiers", "gpt-4o")).isZero();
        assertThat(console.out().replaceAll("\\s+", " "))
                .contains(
                        "gpt-4o 1: guide-2026-06 states 10,000 requests a day and not none, 200,000 tokens a minute and"
                                + " not 30,000")
                .contains("gpt-4o 5: guide-2026-06 states the same");
    }

    @Test
    void whatATierTakesIsSaidForModelsWhoseSourceDoesNot() {
        assertThat(console.run("tiers", "gpt-5")).isZero();
        assertThat(console.out().replaceAll("\\s+", " ")).contains("1: $5 paid; 2: $50 paid and 7 days");
    }

    @Test
    void aLoadIsAnsweredWithTheLowestTierThatCarriesIt() {
        assertThat(console.run("tiers", "gpt-4o", "--rpm", "800", "--tpm", "300_000"))
                .isZero();
        assertThat(console.out())
                .contains("800 requests per minute and 300,000 tokens per minute")
                .containsPattern(
                        "gpt-4o +2 +5,000 requests/min, 450,000 tokens/min +1: 500 requests/min, 30,000 tokens/min")
                .contains("Tier 2 takes $50 paid and 7 days", "  ./penstock plan INPUT --tier 2");
    }

    @Test
    void aLimitPerDayThatThePaceUsesUpIsNamed() {
        assertThat(console.run("tiers", "gpt-4o-mini", "--rpm", "400")).isZero();
        assertThat(console.out().replaceAll("\\s+", " "))
                .contains("at that pace its 10,000 requests a day are used up after 25m 00s");
    }

    @Test
    void theFreeTierIsAskedFirst() {
        assertThat(console.run("tiers", "gpt-4o-mini", "--rpm", "3")).isZero();
        assertThat(console.out()).containsPattern("gpt-4o-mini +free");
    }

    @Test
    void whatNoTierCarriesIsAnsweredWithOtherWays() {
        assertThat(console.run("tiers", "gpt-4o", "--tpm", "900000000")).isZero();
        assertThat(console.out()).containsPattern("gpt-4o +none").contains("--via batch");
    }

    @Test
    void programsGetRowsDifferencesAndCarriers() throws IOException {
        assertThat(console.run("tiers", "gpt-4o", "--tpm", "300000", "--json")).isZero();
        JsonNode json = new ObjectMapper().readTree(console.out());
        assertThat(json.path("rows").path(0).path("tokens_per_minute").asLong()).isEqualTo(30_000);
        assertThat(json.path("rows").path(0).path("requests_per_day").isNull()).isTrue();
        assertThat(json.path("differences").size()).isEqualTo(5);
        assertThat(json.path("carried_by").path(0).path("tier").asText()).isEqualTo("2");
        assertThat(json.path("carried_by").path(0).path("missing_below").path(0).asText())
                .isEqualTo("30000 tokens per minute");
    }

    @Test
    void ownFiguresDecideAndAreNamedAsTheSource() throws IOException {
        Path own = folder.resolve("own.csv");
        Files.writeString(own, "family,tier,rpm,tpm\nmy-model,1,10,1000\n");
        assertThat(console.run("tiers", "my-model", "--tiers", own.toString(), "--rpm", "10"))
                .isZero();
        assertThat(console.out()).containsPattern("my-model +1 ");
        assertThat(console.run("tiers", "my-model", "--tiers", own.toString())).isZero();
        assertThat(console.out()).contains("own.csv, no date: no address");
    }
}
