package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class BatchTroubleTest {
    private static final long START = Long.MAX_VALUE - 7;

    private final BatchTrouble trouble = new BatchTrouble();
    private final List<String> said = new ArrayList<>();

    @Test
    void anOutageOfHoursIsToldAtItsBeginningOnceAnHourAndAtItsEnd() {
        for (int seconds = 0; seconds < 30 * 3_600; seconds += 30) {
            String explanation = seconds / 30 % 2 == 0 ? "No connection." : "No answer in time.";
            said.addAll(trouble.failed(explanation, OptionalLong.of(START), at(Duration.ofSeconds(seconds))));
        }
        trouble.answered(at(Duration.ofMinutes(30 * 60 + 20))).ifPresent(said::add);
        trouble.answered(at(Duration.ofHours(31))).ifPresent(said::add);
        assertThat(said).hasSize(1 + 29 + 1);
        assertThat(said.getFirst()).isEqualTo("No connection. It is tried again.");
        assertThat(said.get(1))
                .isEqualTo("No connection for 1 h: No connection. It is tried again; batches go on at the provider.");
        assertThat(said.get(29)).startsWith("No connection for 29 h: ");
        assertThat(said.getLast()).isEqualTo("The provider is reached again after 30 h 20 min.");
    }

    @Test
    void aConnectionThatComesAndGoesIsToldOfEveryFewMinutesOnly() {
        for (int seconds = 0; seconds < 600; seconds += 2) {
            long now = at(Duration.ofSeconds(seconds));
            said.addAll(trouble.failed("Lost.", OptionalLong.of(now), now));
            trouble.answered(now + 1).ifPresent(said::add);
        }
        assertThat(said)
                .containsExactly(
                        "Lost. It is tried again.",
                        "The provider is reached again after 1 s.",
                        "Lost. It is tried again.",
                        "The provider is reached again after 1 s.");
    }

    @Test
    void anOutageThatWasNotWorthAWordIsToldOfWhenItLasts() {
        said.addAll(trouble.failed("Lost.", OptionalLong.of(START), START));
        trouble.answered(at(Duration.ofSeconds(10))).ifPresent(said::add);
        long second = at(Duration.ofMinutes(1));
        said.clear();
        for (int minutes = 1; minutes <= 62; minutes++) {
            said.addAll(trouble.failed("Lost.", OptionalLong.of(second), at(Duration.ofMinutes(minutes))));
        }
        assertThat(said)
                .containsExactly("No connection for 59 min: Lost. It is tried again; batches go on at the provider.");
    }

    @Test
    void aFaultOfTheProviderIsToldOnceAnHourAndOthersForThemselves() {
        for (int minutes = 0; minutes < 120; minutes++) {
            long now = at(Duration.ofMinutes(minutes));
            said.addAll(trouble.failed("Broken.", OptionalLong.empty(), now));
            said.addAll(trouble.failed("Busy.", OptionalLong.empty(), now));
            trouble.answered(now).ifPresent(said::add);
        }
        assertThat(said)
                .containsExactly(
                        "Broken. It is tried again.",
                        "Busy. It is tried again.",
                        "Broken. It is tried again.",
                        "Busy. It is tried again.");
    }

    private static long at(Duration since) {
        return START + since.toNanos();
    }
}
