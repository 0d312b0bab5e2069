package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelFamilyTest {
    @ParameterizedTest
    @CsvSource({
        "gpt-4o, gpt-4o",
        "gpt-4o-2024-08-06, gpt-4o",
        "gpt-4o-mini-2024-07-18, gpt-4o-mini",
        "gpt-4.1-2025-04-14, gpt-4.1",
        "gpt-5-2025-08-07, gpt-5",
        "o3-2025-04-16, o3",
        "ft:gpt-4o-mini:acme::abc123, gpt-4o-mini",
        "ft:gpt-4o-mini-2024-07-18:acme:name:abc123, gpt-4o-mini",
        "ft:gpt-4o, gpt-4o",
        "gpt-4-0613, gpt-4",
        "gpt-3.5-turbo-0125, gpt-3.5-turbo",
        "gpt-4-1106-preview, gpt-4-1106-preview",
        "text-embedding-3-small, text-embedding-3-small",
        "text-embedding-ada-002, text-embedding-ada-002",
        "llama-3.3-70b, llama-3.3-70b",
        "-2024-08-06, -2024-08-06",
        "x-2024-8-6, x-2024-8-6"
    })
    void stripsSnapshotAndFineTuning(String model, String family) {
        assertThat(ModelFamily.of(model)).isEqualTo(family);
    }
}
