package dev.penstock.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.benchmarks.Retries.Cell;
import dev.penstock.benchmarks.Retries.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class RetriesTest {
    private static final List<Row> ROWS = Retries.rows();

    @Test
    void penstockKeepsEveryRow() {
        assertThat(ROWS)
                .hasSizeGreaterThan(10)
                .allSatisfy(row ->
                        assertThat(row.cells().getFirst()).as(row.wanted()).matches(Cell::kept));
    }

    @Test
    void thePageHasEveryRowWithWhatPenstockDoes() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "retry-comparison.md"));

        assertThat(ROWS)
                .allSatisfy(row -> assertThat(page)
                        .contains("| " + row.id() + ": " + row.wanted() + " | yes: "
                                + row.cells().getFirst().seen() + " |"));
    }
}
