package dev.penstock.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class QueueBoundsTest {
    @Test
    void letsInAsManyRequestsAsAllowedAndAgainWhenOneLeft() {
        var bounds = new QueueBounds(2, 1000);
        assertThat(bounds.tryEnter(1)).isTrue();
        assertThat(bounds.tryEnter(2)).isTrue();
        assertThat(bounds.tryEnter(0)).isFalse();
        assertThat(bounds.count()).isEqualTo(2);
        assertThat(bounds.bytes()).isEqualTo(3);
        bounds.leave(2);
        assertThat(bounds.tryEnter(0)).isTrue();
    }

    @Test
    void letsInAsManyBytesAsAllowedAndNoNumberOfBytesOverflows() {
        var bounds = new QueueBounds(10, 100);
        assertThat(bounds.tryEnter(60)).isTrue();
        assertThat(bounds.tryEnter(41)).isFalse();
        assertThat(bounds.tryEnter(Long.MAX_VALUE)).isFalse();
        assertThat(bounds.tryEnter(40)).isTrue();
        assertThat(bounds.bytes()).isEqualTo(100);
    }

    @Test
    void whatComesBackIsCountedAndKeepsOthersOut() {
        var bounds = new QueueBounds(1, 100);
        assertThat(bounds.tryEnter(100)).isTrue();
        bounds.enter(100);
        assertThat(bounds.count()).isEqualTo(2);
        bounds.leave(100);
        assertThat(bounds.tryEnter(0)).isFalse();
        bounds.leave(100);
        assertThat(bounds.tryEnter(0)).isTrue();
    }

    @Test
    void nobodyLeavesWhoDidNotEnter() {
        var bounds = new QueueBounds(1, 100);
        assertThatThrownBy(() -> bounds.leave(0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("exactly once");
        assertThat(bounds.tryEnter(5)).isTrue();
        assertThatThrownBy(() -> bounds.leave(6)).isInstanceOf(IllegalStateException.class);
        assertThat(bounds.count()).isEqualTo(1);
    }

    @Test
    void refusesBoundsAndRequestsThatMakeNoSense() {
        assertThatThrownBy(() -> new QueueBounds(0, 1)).hasMessageContaining("1 or more");
        assertThatThrownBy(() -> new QueueBounds(1, 0)).hasMessageContaining("1 or more");
        var bounds = new QueueBounds(1, 1);
        assertThatThrownBy(() -> bounds.tryEnter(-1)).hasMessageContaining("-1 bytes");
    }
}
