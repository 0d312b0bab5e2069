package dev.penstock.jobs;

/** Reads rows in file order with few system calls. Not thread-safe. */
final class InputWindow {
    private static final int WINDOW_BYTES = 1 << 20;

    private final JobInput input;
    private byte[] bytes = {};
    private long base;
    private int limit;

    InputWindow(JobInput input) {
        this.input = input;
    }

    /** Makes the row available in {@link #bytes}; gives the index of its first byte there. */
    int moveTo(RowPlace place) {
        if (place.offset() < base || place.offset() + place.length() > base + limit) {
            int wanted = (int) Math.max(place.length(), Math.min(WINDOW_BYTES, input.size() - place.offset()));
            if (wanted > bytes.length) {
                bytes = new byte[wanted];
            }
            input.readFully(place.offset(), bytes, wanted);
            base = place.offset();
            limit = wanted;
        }
        return (int) (place.offset() - base);
    }

    byte[] bytes() {
        return bytes;
    }

    /** The error for a row that is not any more what it was when it was scanned. */
    InputException changed() {
        return InputException.changed(input.path());
    }
}
