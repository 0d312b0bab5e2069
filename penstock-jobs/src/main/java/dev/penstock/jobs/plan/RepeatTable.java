package dev.penstock.jobs.plan;

import dev.penstock.jobs.plan.Repeats.Example;
import dev.penstock.jobs.plan.Repeats.Tokens;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds requests that are there more than once, by hashes of 64 bits, in memory that is bounded. Where there are more
 * different requests than it can hold, it goes on with those whose hash ends in a zero bit, then in two, and so on: a
 * sample by content, in which a request is found again wherever it stands, so that the share of repeats is kept. Not
 * thread-safe.
 */
final class RepeatTable {
    /** Of about 28 bytes each. */
    static final int MOST_SLOTS = 1 << 21;

    private static final int EXAMPLES = 3;
    private static final double FULL = 0.7;

    private final int mostSlots;
    private final List<String> families = new ArrayList<>();
    private final List<Example> examples = new ArrayList<>();
    private long[] hashes = new long[1 << 12];
    private int[] lines = new int[1 << 12];
    private int[] repeats = new int[1 << 12];
    private int[] inputs = new int[1 << 12];
    private int[] outputs = new int[1 << 12];
    private byte[] familyOf = new byte[1 << 12];
    private int used;
    private int droppedBits;

    RepeatTable() {
        this(MOST_SLOTS);
    }

    /** With room for fewer, a power of two, for tests. */
    RepeatTable(int mostSlots) {
        this.mostSlots = mostSlots;
    }

    /**
     * One row.
     *
     * @param family one of at most 128
     */
    void add(RowMeasure row, String family, double expectedOutput) {
        long hash = row.hash() == 0 ? 1 : row.hash();
        if (!isSampled(hash)) {
            return;
        }
        int slot = find(hash);
        if (hashes[slot] == hash) {
            repeats[slot]++;
            if (examples.size() < EXAMPLES) {
                examples.add(new Example(row.line(), Integer.toUnsignedLong(lines[slot])));
            }
            return;
        }
        hashes[slot] = hash;
        lines[slot] = (int) Math.min(row.line(), 0xFFFF_FFFFL);
        inputs[slot] = (int) Math.min(row.inputTokens(), Integer.MAX_VALUE);
        outputs[slot] = (int) Math.min(Math.round(expectedOutput), Integer.MAX_VALUE);
        familyOf[slot] = (byte) number(family);
        used++;
        if (used > FULL * hashes.length) {
            if (hashes.length == mostSlots) {
                droppedBits++;
            }
            rehash(Math.min(mostSlots, 2 * hashes.length));
        }
    }

    private int number(String family) {
        int known = families.indexOf(family);
        if (known >= 0) {
            return known;
        }
        families.add(family);
        return families.size() - 1;
    }

    private boolean isSampled(long hash) {
        return (hash & (1L << droppedBits) - 1) == 0;
    }

    private int find(long hash) {
        int slot = (int) (hash >>> 32) & hashes.length - 1;
        while (hashes[slot] != 0 && hashes[slot] != hash) {
            slot = slot + 1 & hashes.length - 1;
        }
        return slot;
    }

    private void rehash(int slots) {
        long[] oldHashes = hashes;
        int[] oldLines = lines;
        int[] oldRepeats = repeats;
        int[] oldInputs = inputs;
        int[] oldOutputs = outputs;
        byte[] oldFamilies = familyOf;
        hashes = new long[slots];
        lines = new int[slots];
        repeats = new int[slots];
        inputs = new int[slots];
        outputs = new int[slots];
        familyOf = new byte[slots];
        used = 0;
        for (int i = 0; i < oldHashes.length; i++) {
            if (oldHashes[i] != 0 && isSampled(oldHashes[i])) {
                int slot = find(oldHashes[i]);
                hashes[slot] = oldHashes[i];
                lines[slot] = oldLines[i];
                repeats[slot] = oldRepeats[i];
                inputs[slot] = oldInputs[i];
                outputs[slot] = oldOutputs[i];
                familyOf[slot] = oldFamilies[i];
                used++;
            }
        }
    }

    Repeats result() {
        long scale = 1L << droppedBits;
        long rows = 0;
        Map<String, Tokens> tokens = new LinkedHashMap<>();
        for (int i = 0; i < hashes.length; i++) {
            if (repeats[i] > 0) {
                rows += repeats[i] * scale;
                tokens.merge(
                        families.get(familyOf[i]),
                        new Tokens(repeats[i] * scale * inputs[i], repeats[i] * scale * outputs[i]),
                        (a, b) -> new Tokens(a.input() + b.input(), a.output() + b.output()));
            }
        }
        return new Repeats(rows, droppedBits == 0, 1.0 / scale, tokens, examples);
    }
}
