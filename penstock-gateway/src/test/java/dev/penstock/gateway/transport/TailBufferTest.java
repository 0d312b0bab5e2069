package dev.penstock.gateway.transport;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

final class TailBufferTest {
    @Test
    void theTailIsWhatTheWholeEndsWith() {
        for (int most : new int[] {1, 2, 7, 100, 5_000}) {
            for (int step : new int[] {1, 3, 8, 50, 6_000}) {
                TailBuffer tail = new TailBuffer(most);
                StringBuilder whole = new StringBuilder();
                for (int i = 0; i < 40; i++) {
                    String piece = Character.toString('a' + i % 26).repeat(step);
                    whole.append(piece);
                    tail.add(Buffer.buffer(piece));
                    int from = Math.max(0, whole.length() - most);
                    assertThat(new String(tail.bytes(), ISO_8859_1))
                            .as("%s kept, pieces of %s", most, step)
                            .isEqualTo(whole.substring(from));
                    assertThat(tail.cut()).isEqualTo(from > 0);
                }
            }
        }
    }

    @Test
    void aTailOfNothingIsRefused() {
        assertThatThrownBy(() -> new TailBuffer(0)).hasMessageContaining("at least 1");
    }
}
