package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PriceTableTest {
    @ParameterizedTest
    @CsvSource({
        "gpt-4o-mini, 1000000, 0, 1000000, 0.75",
        "gpt-4o-mini-2024-07-18, 100, 40, 10, 0.000018",
        "gpt-4o, 1, 0, 0, 0.0000025",
        "gpt-5, 1000, 1000, 0, 0.000125",
        "text-embedding-3-small, 1000000, 0, 0, 0.02",
        "text-embedding-3-large, 1000000, 1000000, 0, 0.13"
    })
    void costsAreExact(String model, long input, long cached, long output, BigDecimal dollars) {
        Price price = PriceTable.builtIn().find(model).orElseThrow();
        assertThat(price.costOf(new Usage(input, cached, output))).isEqualByComparingTo(dollars);
    }

    @Test
    void everyPriceNamesItsSourceAndDate() {
        assertThat(PriceTable.builtIn().rows()).hasSize(12).allSatisfy(price -> {
            assertThat(price.url()).startsWith("https://");
            assertThat(price.date()).isNotEmpty();
            assertThat(price.inputPerMillion()).isPositive();
        });
    }

    @ParameterizedTest
    @CsvSource({"gpt-4o-mini, 16384", "gpt-4.1-nano, 32768", "o4-mini-2025-04-16, 100000", "gpt-5, 128000"})
    void theMostThatAModelWritesIsKnown(String model, long tokens) {
        assertThat(PriceTable.builtIn().find(model).orElseThrow().maxOutputTokens())
                .hasValue(tokens);
    }

    @Test
    void aUsersFileMaySayTheMostThatAModelWrites(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("prices.csv");
        Files.writeString(file, "family,input,max_output_tokens\nx,1,8_192\ny,1,\n");
        PriceTable mine = PriceTable.load(file);
        assertThat(mine.find("x").orElseThrow().maxOutputTokens()).hasValue(8_192);
        assertThat(mine.find("y").orElseThrow().maxOutputTokens()).isEmpty();
    }

    @Test
    void anUnknownModelHasNoPrice() {
        assertThat(PriceTable.builtIn().find("llama-3.3-70b")).isEmpty();
    }

    @Test
    void aUsersPriceWins(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("prices.csv");
        Files.writeString(file, "family,input,output\ngpt-4o,1,2\n");
        PriceTable mine = PriceTable.builtIn().overriddenBy(file);
        assertThat(mine.find("gpt-4o").orElseThrow().costOf(new Usage(1_000_000, 0, 1_000_000)))
                .isEqualByComparingTo("3");
        assertThat(mine.find("gpt-5")).isEqualTo(PriceTable.builtIn().find("gpt-5"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "family,input\\nx,dear  | line 2: input is \"dear\"",
                "family,input\\nx,-1    | line 2: input is \"-1\"",
                "family,input\\nx,      | line 2: has no input",
                "family,input,max_output_tokens\\nx,1,few | line 2: max_output_tokens is \"few\"",
                "family\\nx             | line 1: does not name the column \"input\""
            })
    void aWrongFileIsRefusedByLine(String text, String message, @TempDir Path directory) throws IOException {
        Path file = directory.resolve("prices.csv");
        Files.writeString(file, text.replace("\\n", "\n"));
        assertThatThrownBy(() -> PriceTable.load(file))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(message);
    }

    @Test
    void usageThatCannotBeIsRefused() {
        assertThatThrownBy(() -> new Usage(1, 2, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Usage(-1, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
