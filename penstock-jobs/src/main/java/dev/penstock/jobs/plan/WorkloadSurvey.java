package dev.penstock.jobs.plan;

import dev.penstock.jobs.JobInput;
import dev.penstock.jobs.PreparedRequest;
import dev.penstock.jobs.RowPlace;
import dev.penstock.jobs.ScanReport;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Unit;
import dev.penstock.wire.ModelFamily;
import dev.penstock.wire.TierTable;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * Counts the rows of an input. The file is read on the calling thread, tokens are counted on others in chunks of rows, and
 * what they counted is added up on the calling thread in the order of the file, so that the result never depends on
 * chance. Memory does not grow with the file: a few chunks, and the bounded table of {@link Repeats}.
 */
public final class WorkloadSurvey {
    private static final int CHUNK_ROWS = 512;
    private static final int CHUNK_BYTES = 256 << 10;
    private static final int CHUNKS_PER_THREAD = 3;

    /** Names of models come from the file; beyond this many they are added up as one. */
    private static final int MOST_FAMILIES = 64;

    private static final String OTHERS = "other models";

    private final TierTable tiers;
    private final List<Limit> caps;
    private final double answerTokens;
    private final LongConsumer progress;
    private final ExecutorService counters;
    private final int mostChunks;
    private final ArrayDeque<CompletableFuture<RowMeasure[]>> counting = new ArrayDeque<>();
    private final Map<String, FamilyTally> tallies = new LinkedHashMap<>();
    private final RepeatTable repeats = new RepeatTable();
    private List<Row> chunk = new ArrayList<>(CHUNK_ROWS);
    private int chunkBytes;
    private long rows;

    private record Row(RowPlace place, PreparedRequest request) {}

    private WorkloadSurvey(
            TierTable tiers,
            List<Limit> caps,
            double answerTokens,
            int threads,
            LongConsumer progress,
            ExecutorService counters) {
        this.tiers = tiers;
        this.caps = caps;
        this.answerTokens = answerTokens;
        this.progress = progress;
        this.counters = counters;
        this.mostChunks = CHUNKS_PER_THREAD * threads;
    }

    /**
     * Reads an input once.
     *
     * @param tiers whose token limits rows may be too large for
     * @param caps limits of the user's own, for which the same is asked
     * @param answerTokens that an answer is assumed to have, 0 or more
     * @param threads that count tokens; 1 or more
     * @param progress hears now and then, on the calling thread, up to which byte of the file rows were counted
     * @throws dev.penstock.jobs.InputException as {@link JobInput#scan}
     */
    public static Workload of(
            JobInput input,
            TierTable tiers,
            List<Limit> caps,
            double answerTokens,
            int threads,
            LongConsumer progress) {
        ExecutorService counters = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("penstock-count-", 0).factory());
        try {
            WorkloadSurvey survey = new WorkloadSurvey(tiers, caps, answerTokens, threads, progress, counters);
            ScanReport report = input.scan(survey::visit);
            return survey.finish(report);
        } finally {
            counters.shutdownNow();
        }
    }

    private void visit(RowPlace place, PreparedRequest request) {
        chunk.add(new Row(place, request));
        chunkBytes += request.body().length;
        if (chunk.size() == CHUNK_ROWS || chunkBytes >= CHUNK_BYTES) {
            hand();
            progress.accept(place.offset() + place.length());
        }
    }

    private void hand() {
        List<Row> full = chunk;
        chunk = new ArrayList<>(CHUNK_ROWS);
        chunkBytes = 0;
        if (counting.size() == mostChunks) {
            takeOldest();
        }
        counting.add(CompletableFuture.supplyAsync(() -> count(full), counters));
    }

    private static RowMeasure[] count(List<Row> rows) {
        MessageDigest sha256 = sha256();
        RowMeasure[] measures = new RowMeasure[rows.size()];
        for (int i = 0; i < measures.length; i++) {
            Row row = rows.get(i);
            measures[i] = RowMeasure.of(row.place().line(), row.request(), sha256);
        }
        return measures;
    }

    private void takeOldest() {
        RowMeasure[] measures;
        try {
            measures = counting.remove().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
        for (RowMeasure row : measures) {
            FamilyTally tally = tallies.get(row.family());
            String family = row.family();
            if (tally == null) {
                family = tallies.size() < MOST_FAMILIES ? family : OTHERS;
                tally = tallies.computeIfAbsent(
                        family, name -> new FamilyTally(name, answerTokens, tokenLimits(tiers, caps, name)));
            }
            tally.add(row);
            repeats.add(row, family, tally.expectedOutput(row));
            rows++;
        }
    }

    /** Limits on tokens per minute that some source states for a family, ascending. */
    private static long[] tokenLimits(TierTable tiers, List<Limit> caps, String family) {
        Stream<Limit> stated = tiers.rows().stream()
                .filter(row -> row.family().equals(ModelFamily.of(family)))
                .flatMap(row -> row.limits().stream());
        return Stream.concat(stated, caps.stream())
                .filter(limit -> limit.dimension().unit() == Unit.TOKENS)
                .mapToLong(Limit::amount)
                .sorted()
                .distinct()
                .toArray();
    }

    private Workload finish(ScanReport report) {
        if (!chunk.isEmpty()) {
            hand();
        }
        while (!counting.isEmpty()) {
            takeOldest();
        }
        return new Workload(
                rows,
                report.badRows(),
                report.firstBadRows(),
                tallies.values().stream().map(FamilyTally::load).toList(),
                repeats.result());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
