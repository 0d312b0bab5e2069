package dev.penstock.cli.ui;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PageFilesTest {
    @Test
    void thePageIsSmall() {
        assertThat(UiServer.files().bytes()).isLessThanOrEqualTo(300_000);
    }
}
