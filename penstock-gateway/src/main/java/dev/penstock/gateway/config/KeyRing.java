package dev.penstock.gateway.config;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The virtual keys, of which only hashes are kept. Immutable and thread-safe. */
public final class KeyRing {
    private static final KeyRing OPEN = new KeyRing(Map.of(), List.of());

    /**
     * By the first bytes of the hash. How long the look-up takes may tell something about hashes, but nobody can choose
     * a key by the beginning of its hash, and a whole hash would still not tell the key.
     */
    private final Map<Long, Entry> entries;

    private final List<Tenant> tenants;

    private record Entry(KeyHash hash, Optional<Tenant> tenant) {
        /** What a key is compared with that is not known, so that it takes the same work. */
        static final Entry NOBODY = new Entry(KeyHash.of(""), Optional.empty());
    }

    private KeyRing(Map<Long, Entry> entries, List<Tenant> tenants) {
        this.entries = entries;
        this.tenants = tenants;
    }

    /** No virtual keys: clients bring the upstream's own. */
    public static KeyRing open() {
        return OPEN;
    }

    /**
     * Only who has one of these keys comes in.
     *
     * @param keys whose key has which hash; a tenant may have several
     * @throws IllegalArgumentException if there is none: nobody could come in
     */
    public static KeyRing of(Map<KeyHash, Tenant> keys) {
        if (keys.isEmpty()) {
            throw new IllegalArgumentException("there is no virtual key; give at least one, or leave the gateway open");
        }
        Map<Long, Entry> entries = new HashMap<>();
        keys.forEach((hash, tenant) -> {
            if (entries.put(hash.head(), new Entry(hash, Optional.of(tenant))) != null) {
                throw new IllegalArgumentException(
                        "two hashes begin with the same 16 digits, which does not happen by chance; make a new key");
            }
        });
        return new KeyRing(
                Map.copyOf(entries), keys.values().stream().distinct().toList());
    }

    /** Whether there are no virtual keys. */
    public boolean isOpen() {
        return entries.isEmpty();
    }

    /** Who has a key, each once. Empty if the ring is open. */
    public List<Tenant> tenants() {
        return tenants;
    }

    /** Whose key it is. One hash and one comparison in constant time, whether the key is known or not. */
    public Optional<Tenant> find(String presented) {
        KeyHash hash = KeyHash.of(presented);
        Entry entry = entries.getOrDefault(hash.head(), Entry.NOBODY);
        return entry.hash.isSame(hash) ? entry.tenant : Optional.empty();
    }
}
