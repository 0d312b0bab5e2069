package dev.penstock.emulator;

import java.nio.file.Path;

/**
 * A file that a client uploaded or a batch wrote.
 *
 * @param bytes its length
 * @param createdNanos of the {@link BatchClock}
 * @param expiresNanos of the {@link BatchClock}; {@link #NEVER} when it stays
 */
record StoredFile(String id, String name, String purpose, long bytes, Path path, long createdNanos, long expiresNanos) {
    static final long NEVER = Long.MAX_VALUE;

    void write(JsonBytes json, BatchClock clock) {
        json.raw("{\"object\":\"file\",\"id\":").string(id).raw(",\"purpose\":").string(purpose);
        json.raw(",\"filename\":").string(name).raw(",\"bytes\":").number(bytes);
        json.raw(",\"created_at\":").number(clock.epochSecond(createdNanos)).raw(",\"expires_at\":");
        if (expiresNanos == NEVER) {
            json.raw("null");
        } else {
            json.number(clock.epochSecond(expiresNanos));
        }
        json.raw(",\"status\":\"processed\",\"status_details\":null}");
    }
}
