package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WrappingTest {
    @Test
    void linesBreakBetweenWordsAndHang() {
        assertThat(Wrapping.wrap("one two three four five", 11, 2).lines())
                .containsExactly("one two", "  three", "  four five");
    }

    @Test
    void aWordLongerThanTheLineIsNotCut() {
        assertThat(Wrapping.wrap("a /very/long/path/to/a/file b", 10, 2).lines())
                .containsExactly("a", "  /very/long/path/to/a/file", "  b");
        assertThat(Wrapping.wrap("unbreakable", 5, 2)).isEqualTo("unbreakable");
    }

    @Test
    void indentationIsKeptAndLinesStayApart() {
        assertThat(Wrapping.wrap("  label one two\nnext", 12, 4).lines())
                .containsExactly("  label one", "    two", "next");
    }

    @Test
    void whatIsNoTerminalIsNotWrapped() {
        String text = "word ".repeat(100);
        assertThat(Wrapping.wrap(text, 0, 2)).isEqualTo(text);
    }

    @Test
    void everyWidthEndsAndKeepsEveryWord() {
        String text = "  output    /tmp/answers.csv, 545 rows still open; failures in /tmp/answers.csv.errors.jsonl";
        for (int width = 1; width < 120; width++) {
            assertThat(Wrapping.wrap(text, width, 12).split("\\s+"))
                    .as("width %d", width)
                    .isEqualTo(text.split("\\s+"));
        }
    }
}
