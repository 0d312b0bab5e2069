package dev.penstock.gateway.config;

import java.security.SecureRandom;
import java.util.Base64;

/**
 * A key that the gateway gives out itself.
 *
 * @param secret the key, {@code psk-} and 43 characters; for the client, and shown only once
 * @param hash what stands in the configuration file
 */
public record VirtualKey(Secret secret, KeyHash hash) {
    static final String PREFIX = "psk-";

    /** 256 bits: as much as the hash can tell apart, and far beyond guessing. */
    private static final int RANDOM_BYTES = 32;

    /** A new key; the random numbers must be ones that nobody can foretell. */
    public static VirtualKey create(SecureRandom random) {
        byte[] bytes = new byte[RANDOM_BYTES];
        random.nextBytes(bytes);
        String key = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        return new VirtualKey(new Secret(key), KeyHash.of(key));
    }
}
