package dev.penstock.diagnosis;

import java.util.Arrays;

/**
 * How many things happened when, in constant memory: equal pieces of time that double in length when the span no longer
 * fits. Times may come in any order. Not thread-safe.
 */
public final class Timeline {
    private static final int PIECES = 2_048;

    private final long[] counts = new long[PIECES];
    private long pieceMillis = 100;
    /** Number of the first piece that is kept, counted in pieces of the present length from the epoch. */
    private long firstPiece;

    private long total;
    private long firstMillis = Long.MAX_VALUE;
    private long lastMillis = Long.MIN_VALUE;

    /** Adds one at a time in milliseconds since 1970. */
    void add(long atMillis) {
        add(atMillis, 1);
    }

    private void add(long atMillis, long count) {
        if (total == 0) {
            firstPiece = Math.floorDiv(atMillis, pieceMillis);
        }
        long from = Math.min(firstMillis, atMillis);
        long to = Math.max(lastMillis, atMillis);
        while (Math.floorDiv(to, pieceMillis) - Math.floorDiv(from, pieceMillis) >= PIECES) {
            coarser();
        }
        long first = Math.floorDiv(from, pieceMillis);
        if (total > 0 && first < firstPiece) {
            int by = (int) Math.min(PIECES, firstPiece - first);
            System.arraycopy(counts, 0, counts, by, PIECES - by);
            Arrays.fill(counts, 0, by, 0);
        }
        firstPiece = first;
        counts[(int) (Math.floorDiv(atMillis, pieceMillis) - firstPiece)] += count;
        firstMillis = from;
        lastMillis = to;
        total += count;
    }

    private void coarser() {
        long[] old = counts.clone();
        Arrays.fill(counts, 0);
        long oldFirst = firstPiece;
        pieceMillis *= 2;
        firstPiece = Math.floorDiv(oldFirst, 2);
        for (int i = 0; i < PIECES; i++) {
            if (old[i] != 0) {
                counts[(int) (Math.floorDiv(oldFirst + i, 2) - firstPiece)] += old[i];
            }
        }
    }

    /** Adds all of another one. */
    void addAll(Timeline other) {
        other.forEach((millis, count) -> add(millis, count));
    }

    /** Takes the middle of a piece of time, in milliseconds since 1970, and how many happened in it. */
    interface PieceConsumer {
        void piece(long atMillis, long count);
    }

    void forEach(PieceConsumer consumer) {
        for (int i = 0; i < PIECES; i++) {
            if (counts[i] > 0) {
                long middle = (firstPiece + i) * pieceMillis + pieceMillis / 2;
                consumer.piece(Math.clamp(middle, firstMillis, lastMillis), counts[i]);
            }
        }
    }

    /** How many happened. */
    public long total() {
        return total;
    }

    /** The first one in milliseconds since 1970; meaningless while there are none. */
    public long firstMillis() {
        return firstMillis;
    }

    /** The last one in milliseconds since 1970; meaningless while there are none. */
    public long lastMillis() {
        return lastMillis;
    }

    /**
     * Counts in this many equal parts of a span of time.
     *
     * @param parts at least 1
     */
    public long[] parts(int parts, long fromMillis, long toMillis) {
        long[] sums = new long[parts];
        double width = Math.max(1.0, (double) toMillis - fromMillis + 1) / parts;
        forEach((at, count) -> sums[(int) Math.clamp((at - fromMillis) / width, 0, parts - 1.0)] += count);
        return sums;
    }
}
