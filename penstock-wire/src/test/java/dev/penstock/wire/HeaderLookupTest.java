package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class HeaderLookupTest {
    @Test
    void namesAreCaseInsensitive() {
        HeaderLookup headers = HeaderLookup.of(Map.of("Retry-After", "56"));
        assertThat(headers.first("retry-after")).isEqualTo("56");
        assertThat(headers.first("RETRY-AFTER")).isEqualTo("56");
        assertThat(headers.first("retry-after-ms")).isNull();
    }

    @Test
    void noneHasNothing() {
        assertThat(HeaderLookup.none().first("retry-after")).isNull();
    }
}
