package dev.penstock.jobs.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchSplitterTest {
    private static final PartKey CHAT = new PartKey("gpt-4o-mini", "/v1/chat/completions");
    private static final PartKey DATED = new PartKey("gpt-4o-mini-2024-07-18", "/v1/chat/completions");
    private static final PartKey EMBEDDINGS = new PartKey("text-embedding-3-small", "/v1/embeddings");

    @Test
    void aPartIsClosedByTheRowThatIsOneTooMany() {
        BatchSplitter splitter = splitter(new BatchBounds(2, 1_000, 1_000, 1));
        assertThat(splitter.add(row(10, 1)).part()).isEqualTo(1);
        assertThat(splitter.add(row(10, 1)).part()).isEqualTo(1);
        BatchSplitter.Placing third = splitter.add(row(10, 1));
        assertThat(third.part()).isEqualTo(2);
        assertThat(third.closed()).contains(new PartSize(1, CHAT, 2, 20, 2, 0));
        assertThat(splitter.finish()).containsExactly(new PartSize(2, CHAT, 1, 10, 1, 0));
    }

    @Test
    void bytesFillAPartToTheLastOne() {
        BatchSplitter splitter = splitter(new BatchBounds(100, 30, 1_000, 1));
        assertThat(splitter.add(row(10, 1)).part()).isEqualTo(1);
        assertThat(splitter.add(row(20, 1)).part()).isEqualTo(1);
        assertThat(splitter.add(row(1, 1)).part()).isEqualTo(2);
    }

    @Test
    void embeddingsAreCountedByTheirInputs() {
        BatchSplitter splitter = splitter(new BatchBounds(100, 10_000, 5, 1));
        assertThat(splitter.add(new RowSize(EMBEDDINGS, 10, 1, 3, 0)).part()).isEqualTo(1);
        assertThat(splitter.add(new RowSize(EMBEDDINGS, 10, 1, 2, 0)).part()).isEqualTo(1);
        assertThat(splitter.add(new RowSize(EMBEDDINGS, 10, 1, 1, 0)).part()).isEqualTo(2);
    }

    @Test
    void tokensFillAPartToTheQueueLimitOfTheFamily() {
        BatchSplitter splitter = new BatchSplitter(
                BatchBounds.DOCUMENTED,
                family -> family.equals("gpt-4o-mini") ? OptionalLong.of(100) : OptionalLong.empty(),
                Long.MAX_VALUE,
                1);
        assertThat(splitter.add(new RowSize(DATED, 10, 60, 0, 0)).part()).isEqualTo(1);
        assertThat(splitter.add(new RowSize(DATED, 10, 40, 0, 0)).part()).isEqualTo(1);
        assertThat(splitter.add(new RowSize(DATED, 10, 1, 0, 0)).part()).isEqualTo(2);
        assertThat(splitter.add(new RowSize(EMBEDDINGS, 10, 1_000, 1, 0)).part())
                .isEqualTo(3);
    }

    @Test
    void aRowThatIsLargerThanALimitGetsAPartOfItsOwn() {
        BatchSplitter splitter =
                new BatchSplitter(BatchBounds.DOCUMENTED, family -> OptionalLong.of(100), Long.MAX_VALUE, 1);
        assertThat(splitter.add(row(10, 500)).part()).isEqualTo(1);
        assertThat(splitter.add(row(10, 1)).part()).isEqualTo(2);
    }

    @Test
    void onlyRowsAreDealtThatTheBudgetCoversTogetherAndAtLeastOne() {
        BatchSplitter splitter = new BatchSplitter(BatchBounds.DOCUMENTED, family -> OptionalLong.empty(), 100, 1);
        RowSize chat = new RowSize(CHAT, 10, 1, 0, 60);
        RowSize embedding = new RowSize(EMBEDDINGS, 10, 1, 1, 41);
        assertThat(splitter.covers(chat)).isTrue();
        assertThat(splitter.add(chat).part()).isEqualTo(1);
        assertThat(splitter.covers(embedding)).isFalse();
        assertThat(splitter.covers(new RowSize(EMBEDDINGS, 10, 1, 1, 40))).isTrue();
        assertThat(splitter.finish()).containsExactly(new PartSize(1, CHAT, 1, 10, 1, 60));

        BatchSplitter poor = new BatchSplitter(BatchBounds.DOCUMENTED, family -> OptionalLong.empty(), 10, 1);
        assertThat(poor.covers(chat)).isTrue();
        assertThat(poor.add(chat).part()).isEqualTo(1);
        assertThat(poor.covers(new RowSize(CHAT, 10, 1, 0, 0))).isFalse();
    }

    @Test
    void modelsAndEndpointsThatAlternateStayInAPartEach() {
        BatchSplitter splitter = splitter(BatchBounds.DOCUMENTED);
        for (int i = 0; i < 10; i++) {
            assertThat(splitter.add(new RowSize(CHAT, 10, 1, 0, 0)).part()).isEqualTo(1);
            assertThat(splitter.add(new RowSize(DATED, 10, 1, 0, 0)).part()).isEqualTo(2);
            assertThat(splitter.add(new RowSize(EMBEDDINGS, 10, 1, 1, 0)).part())
                    .isEqualTo(3);
        }
        assertThat(splitter.finish()).extracting(PartSize::number).containsExactly(1, 2, 3);
    }

    @Test
    void noRowIsLostAndNoBoundBrokenWhateverTheRows() {
        for (int seed = 1; seed <= 300; seed++) {
            RandomGenerator random =
                    RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            BatchBounds bounds =
                    new BatchBounds(1 + random.nextInt(50), 50 + random.nextInt(2_000), 20 + random.nextInt(100), 1);
            long queue = 20L + random.nextInt(500);
            BatchSplitter splitter = new BatchSplitter(bounds, family -> OptionalLong.of(queue), Long.MAX_VALUE, 7);
            Map<Integer, long[]> sums = new HashMap<>();
            Set<Integer> closed = new HashSet<>();
            List<PartSize> parts = new ArrayList<>();
            int rows = random.nextInt(2_000);
            for (int i = 0; i < rows; i++) {
                PartKey key = List.of(CHAT, DATED, EMBEDDINGS).get(random.nextInt(3));
                RowSize row = new RowSize(
                        key,
                        1 + random.nextInt(50),
                        random.nextInt(20),
                        key == EMBEDDINGS ? 1 + random.nextInt(20) : 0,
                        0);
                BatchSplitter.Placing placing = splitter.add(row);
                assertThat(closed).as("seed %d", seed).doesNotContain(placing.part());
                placing.closed().ifPresent(part -> {
                    closed.add(part.number());
                    parts.add(part);
                });
                long[] sum = sums.computeIfAbsent(placing.part(), number -> new long[4]);
                sum[0]++;
                sum[1] += row.bytes();
                sum[2] += row.tokens();
                sum[3] += row.embeddingInputs();
            }
            parts.addAll(splitter.finish());
            assertThat(parts).as("seed %d", seed).hasSameSizeAs(sums.keySet());
            for (PartSize part : parts) {
                long[] sum = Objects.requireNonNull(sums.get(part.number()));
                assertThat(new long[] {part.rows(), part.bytes(), part.tokens()})
                        .as("seed %d", seed)
                        .containsExactly(sum[0], sum[1], sum[2]);
                assertThat(sum[0]).isLessThanOrEqualTo(bounds.rows());
                assertThat(sum[1]).isLessThanOrEqualTo(bounds.bytes());
                assertThat(sum[2]).isLessThanOrEqualTo(queue);
                assertThat(sum[3]).isLessThanOrEqualTo(bounds.embeddingInputs());
            }
        }
    }

    @Test
    void endlessModelsKeepTheOpenPartsBounded() {
        BatchSplitter splitter = splitter(BatchBounds.DOCUMENTED);
        long closed = 0;
        for (int i = 0; i < 5_000; i++) {
            closed += splitter.add(new RowSize(new PartKey("model-" + i, "/v1/responses"), 10, 1, 0, 0))
                            .closed()
                            .isPresent()
                    ? 1
                    : 0;
        }
        assertThat(closed).isEqualTo(4_000);
        assertThat(splitter.finish()).hasSize(1_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {10_000_000})
    void tenMillionRowsTakeNoMoreMemoryThanAFew(int rows) {
        System.gc();
        ManagementFactory.getMemoryPoolMXBeans().forEach(MemoryPoolMXBean::resetPeakUsage);
        BatchSplitter splitter = splitter(BatchBounds.DOCUMENTED);
        long closed = 0;
        for (int i = 0; i < rows; i++) {
            closed += splitter.add(row(300 + i % 100, 70)).closed().isPresent() ? 1 : 0;
        }
        assertThat(closed).isEqualTo(rows / 50_000 - 1);
        System.gc();
        long kept = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .mapToLong(pool -> pool.getUsage().getUsed())
                .sum();
        System.out.println("splitter, " + rows + " rows: " + (kept >> 20) + " MiB of heap in use afterwards");
        assertThat(kept).isLessThan(256L << 20);
        assertThat(splitter.finish()).hasSize(1);
    }

    private static BatchSplitter splitter(BatchBounds bounds) {
        return new BatchSplitter(bounds, family -> OptionalLong.empty(), Long.MAX_VALUE, 1);
    }

    private static RowSize row(long bytes, long tokens) {
        return new RowSize(CHAT, bytes, tokens, 0, 0);
    }
}
