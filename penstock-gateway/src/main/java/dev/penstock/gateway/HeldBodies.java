package dev.penstock.gateway;

/**
 * The bytes of all bodies in memory: of requests that are being read, that wait and that run, which may have to be sent
 * again. Owned by the event loop.
 */
final class HeldBodies {
    private long maxBytes;
    private long bytes;

    HeldBodies(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** What is held stays, also if it is more. */
    void resize(long newMaxBytes) {
        maxBytes = newMaxBytes;
    }

    /** Takes room if there is some. */
    boolean tryTake(long more) {
        if (more > maxBytes - bytes) {
            return false;
        }
        bytes += more;
        return true;
    }

    /** Takes room for what is there already. */
    void take(long more) {
        bytes = Math.addExact(bytes, more);
    }

    /** Gives room back, once for all that was taken. */
    void giveBack(long less) {
        if (less > bytes) {
            throw new IllegalStateException(
                    less + " bytes are given back of " + bytes + "; give back once what was taken");
        }
        bytes -= less;
    }

    long bytes() {
        return bytes;
    }

    long maxBytes() {
        return maxBytes;
    }
}
