package dev.penstock.gateway.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/**
 * What is stored of a virtual key: its SHA-256, from which the key cannot be found. A hash that is slow on purpose would
 * add nothing: it makes guessing of passwords dear, and a key of {@link VirtualKey} is 256 bits of chance, which nobody
 * guesses. Immutable and thread-safe.
 */
public final class KeyHash {
    static final String PREFIX = "sha256:";

    /** Hexadecimal digits after the prefix. */
    static final int DIGITS = 64;

    private final byte[] digest;

    private KeyHash(byte[] digest) {
        this.digest = digest;
    }

    /** The hash of a key. */
    public static KeyHash of(String key) {
        return new KeyHash(sha256().digest(key.getBytes(StandardCharsets.UTF_8)));
    }

    /** What {@link #toString} has written: {@code sha256:} and 64 hexadecimal digits. Empty for everything else. */
    public static Optional<KeyHash> parse(String text) {
        if (!text.startsWith(PREFIX) || text.length() != PREFIX.length() + DIGITS) {
            return Optional.empty();
        }
        String digits = text.substring(PREFIX.length()).toLowerCase(Locale.ROOT);
        return digits.chars().allMatch(HexFormat::isHexDigit)
                ? Optional.of(new KeyHash(HexFormat.of().parseHex(digits)))
                : Optional.empty();
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256, which every Java must have", e);
        }
    }

    /** The first eight bytes. */
    long head() {
        long head = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            head = head << Byte.SIZE | (digest[i] & 0xff);
        }
        return head;
    }

    /** Takes the same time wherever the two differ. */
    boolean isSame(KeyHash other) {
        return MessageDigest.isEqual(digest, other.digest);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KeyHash hash && isSame(hash);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(head());
    }

    /** As it stands in a configuration file. */
    @Override
    public String toString() {
        return PREFIX + HexFormat.of().formatHex(digest);
    }
}
