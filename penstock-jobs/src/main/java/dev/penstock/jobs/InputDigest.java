package dev.penstock.jobs;

import java.time.Instant;

/**
 * The input's content as it was read.
 *
 * @param sha256 of all bytes, in lower-case hexadecimal
 * @param bytes the file's size
 * @param modified the file's time of modification when it was read; a hint that saves reading it again, not part of
 *     what makes two inputs equal
 */
public record InputDigest(String sha256, long bytes, Instant modified) {
    /** Whether both are the same content, whenever the files were written. */
    public boolean sameContent(InputDigest other) {
        return bytes == other.bytes && sha256.equals(other.sha256);
    }
}
