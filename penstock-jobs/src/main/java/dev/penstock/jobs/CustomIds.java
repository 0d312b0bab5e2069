package dev.penstock.jobs;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Finds the first {@code custom_id} that was used before, in a file of any length. An open-addressing table of hashes,
 * small ones on the heap, larger ones in a temporary file, so that the heap stays flat. An equal hash is only a
 * suspicion, which is settled by reading the earlier row again: no id is called a duplicate wrongly. Not thread-safe.
 */
final class CustomIds implements Closeable {
    /** Reads the id of an earlier row again. */
    @FunctionalInterface
    interface EarlierRow {
        String customIdAt(long offset) throws IOException;
    }

    /** Longs per slot: hash (0 for an empty slot), offset of the row, its line. */
    private static final int SLOT = 3;

    private static final int SLOTS_ON_HEAP = 1 << 14;
    /** A mapped region holds at most 2 GiB. */
    private static final int MOST_SLOTS = 1 << 26;

    private static final int ZEROS = 1 << 20;

    private final EarlierRow earlier;
    private LongBuffer table;
    private int slots;
    private int used;
    private @Nullable FileChannel file;

    CustomIds(EarlierRow earlier) {
        this(earlier, SLOTS_ON_HEAP);
    }

    /** With another size of the first table, a power of two, for tests. */
    CustomIds(EarlierRow earlier, int slotsOnHeap) {
        this.earlier = earlier;
        this.slots = slotsOnHeap;
        this.table = LongBuffer.allocate(SLOT * slotsOnHeap);
    }

    /** Remembers the id; gives the line of the row that had it before, if any. */
    OptionalLong add(String customId, long offset, long line) throws IOException {
        if (used >= slots - slots / 4) {
            grow();
        }
        long hash = hash(customId);
        int slot = slotOf(hash, slots);
        long found;
        while ((found = table.get(SLOT * slot)) != 0) {
            if (found == hash && earlier.customIdAt(table.get(SLOT * slot + 1)).equals(customId)) {
                return OptionalLong.of(table.get(SLOT * slot + 2));
            }
            slot = slot + 1 & slots - 1;
        }
        put(table, slot, hash, offset, line);
        used++;
        return OptionalLong.empty();
    }

    private static void put(LongBuffer table, int slot, long hash, long offset, long line) {
        table.put(SLOT * slot, hash);
        table.put(SLOT * slot + 1, offset);
        table.put(SLOT * slot + 2, line);
    }

    private void grow() throws IOException {
        if (slots == MOST_SLOTS) {
            throw new InputException("the input has more than " + used
                    + " rows with a custom_id, too many to look for duplicates; split the file");
        }
        int moreSlots = 2 * slots;
        Path path = Files.createTempFile("penstock-custom-ids-", ".tmp");
        FileChannel newFile = FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        LongBuffer bigger;
        try {
            // Written, not only extended: in a sparse file a full disk would first show as a crash of the machine.
            long bytes = (long) Long.BYTES * SLOT * moreSlots;
            ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(bytes, ZEROS));
            for (long written = 0; written < bytes; ) {
                zeros.limit((int) Math.min(zeros.capacity(), bytes - written)).rewind();
                written += newFile.write(zeros);
            }
            bigger = newFile.map(MapMode.READ_WRITE, 0, bytes)
                    .order(ByteOrder.nativeOrder())
                    .asLongBuffer();
        } catch (IOException e) {
            newFile.close();
            throw new StorageFullException(path, e);
        }
        for (int from = 0; from < slots; from++) {
            long hash = table.get(SLOT * from);
            if (hash != 0) {
                int slot = slotOf(hash, moreSlots);
                while (bigger.get(SLOT * slot) != 0) {
                    slot = slot + 1 & moreSlots - 1;
                }
                put(bigger, slot, hash, table.get(SLOT * from + 1), table.get(SLOT * from + 2));
            }
        }
        close();
        file = newFile;
        table = bigger;
        slots = moreSlots;
    }

    private static int slotOf(long hash, int slots) {
        return (int) (hash >>> 32) & slots - 1;
    }

    /** A multiply-and-shift hash of the characters; never 0. */
    private static long hash(String text) {
        long hash = 0x9E3779B97F4A7C15L + text.length();
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0xD6E8FEB86659FD93L;
            hash ^= hash >>> 32;
        }
        hash *= 0xD6E8FEB86659FD93L;
        return hash == 0 ? 1 : hash;
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
