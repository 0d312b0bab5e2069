package dev.penstock.gateway.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** A key that is sent and never shown. Compared by identity, so that no message of a comparison tells it. Thread-safe. */
public final class Secret {
    private final String value;

    public Secret(String value) {
        this.value = value;
    }

    /** The key itself, for the one header that carries it. */
    public String reveal() {
        return value;
    }

    /** Whether both hold the same key; takes the same time wherever they differ. */
    public boolean isSame(Secret other) {
        return MessageDigest.isEqual(
                value.getBytes(StandardCharsets.UTF_8), other.value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return "(secret)";
    }
}
