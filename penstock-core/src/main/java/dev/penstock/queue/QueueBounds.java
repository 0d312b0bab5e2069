package dev.penstock.queue;

/**
 * How much may wait in all queues that share these bounds together: a number of requests, and the bytes that they hold.
 * Requests that come back to a queue after they were taken count too, but are never turned away, so both sums may stay
 * above the bounds for a while; nothing new is let in during that time.
 *
 * <p>Not safe for use by several threads.
 */
public final class QueueBounds {
    private int maxCount;
    private long maxBytes;
    private int count;
    private long bytes;

    /**
     * @param maxCount requests that may wait, at least 1
     * @param maxBytes bytes that they may hold together, at least 1
     */
    public QueueBounds(int maxCount, long maxBytes) {
        resize(maxCount, maxBytes);
    }

    /**
     * Changes how much may wait. What waits already stays, also if it is more; nothing new is let in during that time.
     *
     * @param newMaxCount requests, at least 1
     * @param newMaxBytes bytes, at least 1
     */
    public void resize(int newMaxCount, long newMaxBytes) {
        if (newMaxCount < 1 || newMaxBytes < 1) {
            throw new IllegalArgumentException("bounds are " + newMaxCount + " requests and " + newMaxBytes
                    + " bytes; both must be 1 or more, or nothing could ever wait");
        }
        maxCount = newMaxCount;
        maxBytes = newMaxBytes;
    }

    /**
     * Takes room for one more request if there is some.
     *
     * @param requestBytes what it holds, 0 or more
     */
    public boolean tryEnter(long requestBytes) {
        check(requestBytes);
        if (count >= maxCount || requestBytes > maxBytes - bytes) {
            return false;
        }
        count++;
        bytes += requestBytes;
        return true;
    }

    /** Takes room whether there is some or not, for a request that had been let in before. */
    public void enter(long requestBytes) {
        check(requestBytes);
        count = Math.addExact(count, 1);
        bytes = Math.addExact(bytes, requestBytes);
    }

    /**
     * Gives back the room of a request, once for each entry.
     *
     * @param requestBytes what was given when it entered
     */
    public void leave(long requestBytes) {
        check(requestBytes);
        if (count == 0 || requestBytes > bytes) {
            throw new IllegalStateException("a request of " + requestBytes + " bytes leaves while " + count
                    + " requests of " + bytes + " bytes are in; leave exactly once for each entry, with its bytes");
        }
        count--;
        bytes -= requestBytes;
    }

    /** Requests that wait. */
    public int count() {
        return count;
    }

    /** Bytes that they hold. */
    public long bytes() {
        return bytes;
    }

    /** Requests that may wait. */
    public int maxCount() {
        return maxCount;
    }

    /** Bytes that they may hold. */
    public long maxBytes() {
        return maxBytes;
    }

    private static void check(long requestBytes) {
        if (requestBytes < 0) {
            throw new IllegalArgumentException("a request of " + requestBytes + " bytes; it must be 0 or more");
        }
    }
}
