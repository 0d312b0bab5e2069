package dev.penstock.gateway;

import dev.penstock.gateway.config.Budget;
import dev.penstock.gateway.config.KeyHash;
import dev.penstock.gateway.config.KeyRing;
import dev.penstock.gateway.config.Tenant;
import dev.penstock.limit.Limit;
import dev.penstock.queue.Priority;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Tenants for tests, and their keys. */
final class Tenants {
    private Tenants() {}

    /** The header that the tenant's key is sent in. */
    static String[] keyOf(String tenant, String... more) {
        String[] headers = new String[more.length + 2];
        headers[0] = "Authorization";
        headers[1] = "Bearer " + key(tenant);
        System.arraycopy(more, 0, headers, 2, more.length);
        return headers;
    }

    static String key(String tenant) {
        return "psk-test-" + tenant;
    }

    static KeyRing ring(Tenant... tenants) {
        Map<KeyHash, Tenant> keys = new LinkedHashMap<>();
        for (Tenant tenant : tenants) {
            keys.put(KeyHash.of(key(tenant.name())), tenant);
        }
        return KeyRing.of(keys);
    }

    static Tenant limited(String name, Limit... limits) {
        return of(name, Priority.INTERACTIVE, List.of(), List.of(limits), OptionalInt.empty(), Optional.empty());
    }

    static Tenant concurrent(String name, int most) {
        return of(name, Priority.INTERACTIVE, List.of(), List.of(), OptionalInt.of(most), Optional.empty());
    }

    static Tenant using(String name, String... models) {
        return of(name, Priority.INTERACTIVE, List.of(models), List.of(), OptionalInt.empty(), Optional.empty());
    }

    static Tenant in(String name, Priority band) {
        return of(name, band, List.of(), List.of(), OptionalInt.empty(), Optional.empty());
    }

    static Tenant spending(String name, long tokens, Budget.Period period) {
        return of(
                name,
                Priority.INTERACTIVE,
                List.of(),
                List.of(),
                OptionalInt.empty(),
                Optional.of(new Budget(OptionalLong.of(tokens), Optional.empty(), period)));
    }

    private static Tenant of(
            String name,
            Priority priority,
            List<String> models,
            List<Limit> limits,
            OptionalInt concurrency,
            Optional<Budget> budget) {
        return new Tenant(name, 1, priority, models, limits, concurrency, budget);
    }
}
