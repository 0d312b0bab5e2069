package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class CustomIdsTest {
    @Test
    void anIdThatCameBeforeIsFoundWithItsLine() throws IOException {
        try (CustomIds ids = new CustomIds(offset -> "id-" + offset)) {
            assertThat(ids.add("id-0", 0, 10)).isEmpty();
            assertThat(ids.add("id-1", 1, 11)).isEmpty();

            assertThat(ids.add("id-0", 2, 12)).isEqualTo(OptionalLong.of(10));
        }
    }

    @Test
    void everyIdIsStillKnownAfterTheTableMovedToAFile() throws IOException {
        int count = 10_000;
        try (CustomIds ids = new CustomIds(offset -> "id-" + offset, 16)) {
            for (int i = 0; i < count; i++) {
                assertThat(ids.add("id-" + i, i, i + 1)).isEmpty();
            }
            for (int i = 0; i < count; i++) {
                assertThat(ids.add("id-" + i, count, count)).isEqualTo(OptionalLong.of(i + 1));
            }
        }
    }

    @Test
    void anEqualHashOfAnotherIdIsNoDuplicate() throws IOException {
        // The row at the earlier place turns out to have another id, as after a collision of hashes.
        try (CustomIds ids = new CustomIds(offset -> offset == 0 ? "another" : "same")) {
            assertThat(ids.add("same", 0, 1)).isEmpty();
            assertThat(ids.add("same", 1, 2)).isEmpty();

            assertThat(ids.add("same", 2, 3)).isEqualTo(OptionalLong.of(2));
        }
    }
}
