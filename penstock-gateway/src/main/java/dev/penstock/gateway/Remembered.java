package dev.penstock.gateway;

import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What is known by names that clients choose, so within a bound. When it is reached, half of the entries go, those first
 * that were not asked for the longest, but none that is needed: only of needed ones there can be more.
 */
final class Remembered<K, V> {
    private final int most;
    private final Predicate<V> isNeeded;
    private final Map<K, V> entries = new LinkedHashMap<>(16, 0.75f, true);
    private int forgetAt;

    Remembered(int most, Predicate<V> isNeeded) {
        this.most = most;
        this.isNeeded = isNeeded;
        this.forgetAt = most;
    }

    @Nullable
    V get(K key) {
        return entries.get(key);
    }

    void put(K key, V value) {
        if (entries.size() >= forgetAt) {
            forget();
        }
        entries.put(key, value);
    }

    /** All of them; not to be kept, and nothing may be asked for while it is gone through. */
    Collection<V> all() {
        return entries.values();
    }

    private void forget() {
        Iterator<V> eldestFirst = entries.values().iterator();
        while (eldestFirst.hasNext() && entries.size() > most / 2) {
            if (!isNeeded.test(eldestFirst.next())) {
                eldestFirst.remove();
            }
        }
        // Going through them again for each new one would take longer the more are needed.
        forgetAt = Math.max(most, entries.size() + entries.size() / 2);
    }
}
