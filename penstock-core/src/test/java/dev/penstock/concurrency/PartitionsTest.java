package dev.penstock.concurrency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class PartitionsTest {
    private final Partitions partitions = new Partitions(Map.of("batch", 30, "live", 70), 10);

    private int enterAsOftenAsPossible(String name) {
        int entered = 0;
        while (partitions.tryEnter(name)) {
            entered++;
        }
        return entered;
    }

    @Test
    void c3TheLimitIsSharedByWeight() {
        assertThat(partitions.share("batch")).isEqualTo(3);
        assertThat(partitions.share("live")).isEqualTo(7);
    }

    @Test
    void c3BatchMayUseAllWhileLiveIsIdleAndLiveStillGetsItsShare() {
        assertThat(enterAsOftenAsPossible("batch")).isEqualTo(10);

        assertThat(enterAsOftenAsPossible("live")).isEqualTo(7);
    }

    @Test
    void c3BothAreRefusedWhenFull() {
        for (int i = 0; i < 3; i++) {
            assertThat(partitions.tryEnter("batch")).isTrue();
        }
        for (int i = 0; i < 7; i++) {
            assertThat(partitions.tryEnter("live")).isTrue();
        }

        assertThat(partitions.tryEnter("batch")).isFalse();
        assertThat(partitions.tryEnter("live")).isFalse();
        assertThat(partitions.busy()).isEqualTo(10);
    }

    @Test
    void c3ShrinkingKeepsWhatIsBusy() {
        assertThat(enterAsOftenAsPossible("live")).isEqualTo(10);

        partitions.limit(4);

        assertThat(partitions.share("live")).isEqualTo(3);
        assertThat(partitions.busy("live")).isEqualTo(10);
        assertThat(partitions.tryEnter("live")).isFalse();
        for (int i = 0; i < 7; i++) {
            partitions.leave("live");
        }
        assertThat(enterAsOftenAsPossible("live")).isEqualTo(1);
    }

    @Test
    void c3ALeavingCallMakesExactlyOneSlot() {
        enterAsOftenAsPossible("batch");

        partitions.leave("batch");

        assertThat(enterAsOftenAsPossible("batch")).isEqualTo(1);
    }

    @Test
    void leavingMoreOftenThanEnteringIsAnError() {
        assertThatThrownBy(() -> partitions.leave("live")).hasMessageContaining("'live' has no call in flight");
    }

    @Test
    void anUnknownPartitionIsAnError() {
        assertThatThrownBy(() -> partitions.tryEnter("night")).hasMessageContaining("there is no partition 'night'");
    }
}
