package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class StratumTest {
    @Test
    void aDoublingHasFourStrata() {
        List<Integer> strata = LongStream.of(64, 79, 80, 95, 96, 111, 112, 127, 128)
                .mapToObj(Stratum::of)
                .toList();

        assertThat(strata).containsExactly(20, 20, 21, 21, 22, 22, 23, 23, 24);
    }

    @Test
    void fewTokensHaveStrataOfTheirOwn() {
        assertThat(LongStream.range(0, 9).mapToObj(Stratum::of)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8);
    }

    @Test
    void fewestTokensIsTheSmallestOfItsStratum() {
        for (int stratum = 1; stratum <= Stratum.of(Long.MAX_VALUE); stratum++) {
            long fewest = Stratum.fewestTokens(stratum);

            assertThat(Stratum.of(fewest)).isEqualTo(stratum);
            assertThat(Stratum.of(fewest - 1)).isEqualTo(stratum - 1);
        }
    }

    @Test
    void negativeTokensAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Stratum.of(-1)).withMessageContaining("-1");
    }
}
