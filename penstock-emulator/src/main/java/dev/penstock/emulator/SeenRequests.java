package dev.penstock.emulator;

/**
 * Which requests were seen and answered before, by hash, in 8 bytes each at two thirds full. Bounded: past its bound a
 * request that is not known yet is not remembered. 52 bits of the hash are kept, so among two million requests a false
 * match has a chance of about 1 in 2,000.
 */
final class SeenRequests {
    private static final int COUNT_BITS = 11;
    private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
    private static final long ANSWERED = 1L << COUNT_BITS;
    private static final long KEY_MASK = -1L << (COUNT_BITS + 1);

    private final int most;
    private long[] table = new long[1024];
    private int size;

    SeenRequests(int most) {
        this.most = most;
    }

    /** How often the request was seen before; 0 as well when there is no room to remember it. */
    int countBefore(long hash) {
        int slot = slot(hash);
        long entry = table[slot];
        if (entry == 0) {
            if (size == most) {
                return 0;
            }
            table[slot] = key(hash) | 1;
            size++;
            if (size > table.length / 3 * 2) {
                grow();
            }
            return 0;
        }
        long count = entry & COUNT_MASK;
        if (count < COUNT_MASK) {
            table[slot]++;
        }
        return (int) count;
    }

    boolean isFull() {
        return size == most;
    }

    boolean wasAnswered(long hash) {
        return (table[slot(hash)] & ANSWERED) != 0;
    }

    void answered(long hash) {
        int slot = slot(hash);
        if (table[slot] != 0) {
            table[slot] |= ANSWERED;
        }
    }

    void clear() {
        table = new long[1024];
        size = 0;
    }

    private static long key(long hash) {
        return hash & KEY_MASK;
    }

    private int slot(long hash) {
        long key = key(hash);
        int slot = (int) (hash >>> 32) & (table.length - 1);
        while (table[slot] != 0 && (table[slot] & KEY_MASK) != key) {
            slot = (slot + 1) & (table.length - 1);
        }
        return slot;
    }

    private void grow() {
        long[] old = table;
        table = new long[old.length * 2];
        for (long entry : old) {
            if (entry != 0) {
                table[slot(entry)] = entry;
            }
        }
    }
}
