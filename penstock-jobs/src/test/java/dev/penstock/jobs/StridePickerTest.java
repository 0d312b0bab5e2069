package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class StridePickerTest {
    record Row(int stratum, int place) {}

    @Test
    void anyStretchHasTheMixOfTheWholeAndTheCostlierRowComesFirst() {
        StridePicker<Row> picker = picker(new TreeMap<>(Map.of(1, 6L, 5, 2L)));

        assertThat(all(picker)).extracting(Row::stratum).containsExactly(5, 1, 1, 1, 5, 1, 1, 1);
    }

    @Test
    void rowsOfAStratumKeepTheirOrderOverManyPages() {
        StridePicker<Row> picker = picker(new TreeMap<>(Map.of(1, 200L)));

        assertThat(all(picker)).extracting(Row::place).isSorted().hasSize(200);
    }

    @Test
    void aStratumThatEndsBeforeItsCountDoesNotKeepTheOthersWaiting() {
        StridePicker<Row> picker = new StridePicker<>(
                new TreeMap<>(Map.of(1, 3L, 2, 3L)), (stratum, after, limit) -> page(stratum, after, limit, stratum));

        assertThat(all(picker)).containsExactlyInAnyOrder(new Row(1, 0), new Row(2, 0), new Row(2, 1));
        assertThat(picker.next()).isNull();
    }

    @Test
    void emptyStrataAreNeverAsked() {
        StridePicker<Row> picker = new StridePicker<>(Map.of(1, 0L), (stratum, after, limit) -> {
            throw new AssertionError("asked");
        });

        assertThat(picker.next()).isNull();
    }

    @Test
    void everyRowComesOnceInOrderAndNoStratumStraysFromItsShare() {
        for (long seed = 1; seed <= 100; seed++) {
            RandomGenerator random = Seeds.random(seed);
            Map<Integer, Long> counts = new TreeMap<>();
            int strata = random.nextInt(1, 12);
            for (int i = 0; i < strata; i++) {
                counts.put(random.nextInt(250), random.nextLong(1, 300));
            }
            long total = counts.values().stream().mapToLong(rows -> rows).sum();

            List<Row> rows = all(picker(counts));

            assertThat(rows).as("seed %d", seed).hasSize((int) total);
            Map<Integer, Integer> taken = new HashMap<>();
            for (int i = 0; i < rows.size(); i++) {
                Row row = rows.get(i);
                int place = taken.merge(row.stratum(), 1, Integer::sum) - 1;
                assertThat(row.place()).as("seed %d", seed).isEqualTo(place);
                for (Map.Entry<Integer, Long> stratum : counts.entrySet()) {
                    double share = (i + 1) * (double) stratum.getValue() / total;
                    // Stride scheduling strays by less than the number of its clients.
                    assertThat(taken.getOrDefault(stratum.getKey(), 0) - share)
                            .as("seed %d, stratum %d after %d rows", seed, stratum.getKey(), i + 1)
                            .isBetween((double) -counts.size(), (double) counts.size());
                }
            }
        }
    }

    private static StridePicker<Row> picker(Map<Integer, Long> counts) {
        return new StridePicker<>(
                counts,
                (stratum, after, limit) -> page(
                        stratum,
                        after,
                        limit,
                        Objects.requireNonNull(counts.get(stratum)).intValue()));
    }

    private static List<Row> page(int stratum, @Nullable Row after, int limit, int size) {
        List<Row> rows = new ArrayList<>();
        for (int place = after == null ? 0 : after.place() + 1; place < size && rows.size() < limit; place++) {
            rows.add(new Row(stratum, place));
        }
        return rows;
    }

    private static List<Row> all(StridePicker<Row> picker) {
        List<Row> rows = new ArrayList<>();
        for (Row row = picker.next(); row != null; row = picker.next()) {
            rows.add(row);
        }
        return rows;
    }
}
