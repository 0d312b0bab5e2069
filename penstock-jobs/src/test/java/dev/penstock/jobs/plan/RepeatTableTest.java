package dev.penstock.jobs.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class RepeatTableTest {
    @Test
    void everyRepeatCountsWhileThereIsRoom() {
        RepeatTable table = new RepeatTable();
        long[] hashes = hashes(100_000);
        for (int i = 0; i < hashes.length; i++) {
            table.add(row(i + 1, hashes[i]), "gpt-4o", 7);
        }
        for (int i = 0; i < 1_000; i++) {
            table.add(row(200_000 + i, hashes[i]), "gpt-4o", 7);
        }

        Repeats repeats = table.result();
        assertThat(repeats.rows()).isEqualTo(1_000);
        assertThat(repeats.counted()).isTrue();
        assertThat(repeats.tokens().get("gpt-4o")).isEqualTo(new Repeats.Tokens(5_000, 7_000));
        assertThat(repeats.examples().getFirst()).isEqualTo(new Repeats.Example(200_000, 1));
    }

    @Test
    void withoutRoomASampleEstimatesThem() {
        RepeatTable table = new RepeatTable(1 << 13);
        long[] hashes = hashes(100_000);
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < hashes.length; i++) {
                table.add(row(i + 1, hashes[i]), "gpt-4o", 7);
            }
        }

        Repeats repeats = table.result();
        assertThat(repeats.counted()).isFalse();
        assertThat(repeats.sampleShare()).isEqualTo(1 / 32.0);
        assertThat(repeats.rows()).isCloseTo(100_000, within(5_000L));
    }

    @Test
    void whatNeverRepeatsIsNeverCalledARepeat() {
        RepeatTable table = new RepeatTable(1 << 13);
        for (long hash : hashes(50_000)) {
            table.add(row(1, hash), "gpt-4o", 7);
        }

        assertThat(table.result().rows()).isZero();
        assertThat(table.result().examples()).isEmpty();
    }

    private static long[] hashes(int count) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(5);
        return random.longs(count).toArray();
    }

    private static RowMeasure row(long line, long hash) {
        return new RowMeasure(line, "gpt-4o", 5, 5, 7, 1, 7, hash);
    }
}
