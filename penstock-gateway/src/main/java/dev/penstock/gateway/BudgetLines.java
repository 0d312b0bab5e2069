package dev.penstock.gateway;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Requests that wait until running ones of their tenant have told what they cost, because the rest of its budget is set
 * aside for those. They count in the bounds of the queue, which are kept elsewhere. Owned by the event loop.
 */
final class BudgetLines {
    /** By tenant, in the order in which they came; no line is empty. */
    private final Map<String, LinkedHashSet<Exchange>> lines = new HashMap<>();

    void add(Exchange exchange) {
        lines.computeIfAbsent(exchange.tenantName(), tenant -> new LinkedHashSet<>())
                .add(exchange);
    }

    void remove(Exchange exchange) {
        LinkedHashSet<Exchange> line = lines.get(exchange.tenantName());
        if (line == null || !line.remove(exchange)) {
            throw new IllegalStateException("a request was not in its tenant's line");
        }
        if (line.isEmpty()) {
            lines.remove(exchange.tenantName());
        }
    }

    boolean isWaiting(String tenant) {
        return lines.containsKey(tenant);
    }

    Optional<Exchange> first(String tenant) {
        LinkedHashSet<Exchange> line = lines.get(tenant);
        return line == null ? Optional.empty() : Optional.of(line.getFirst());
    }

    /** Of those that wait; a copy. */
    List<String> tenants() {
        return List.copyOf(lines.keySet());
    }

    /** All that wait; a copy. */
    List<Exchange> all() {
        List<Exchange> all = new ArrayList<>();
        lines.values().forEach(all::addAll);
        return all;
    }
}
