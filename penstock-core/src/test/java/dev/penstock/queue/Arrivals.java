package dev.penstock.queue;

import dev.penstock.limit.Cost;

/** Makes arrivals for tests: what a test does not name is ordinary. */
record Arrivals(String tenant, double weight, Priority priority, double shareSeconds, long enqueuedAt, long deadline) {
    static final long SECOND = 1_000_000_000L;

    static Arrivals of(String tenant) {
        return new Arrivals(tenant, 1, Priority.NORMAL, 1, 0, 60 * SECOND);
    }

    Arrivals weight(double newWeight) {
        return new Arrivals(tenant, newWeight, priority, shareSeconds, enqueuedAt, deadline);
    }

    Arrivals in(Priority newPriority) {
        return new Arrivals(tenant, weight, newPriority, shareSeconds, enqueuedAt, deadline);
    }

    Arrivals share(double newShare) {
        return new Arrivals(tenant, weight, priority, newShare, enqueuedAt, deadline);
    }

    Arrivals at(long now) {
        return new Arrivals(tenant, weight, priority, shareSeconds, now, deadline);
    }

    Arrivals until(long newDeadline) {
        return new Arrivals(tenant, weight, priority, shareSeconds, enqueuedAt, newDeadline);
    }

    /** Costs a thousand tokens for each second of share, and holds 10 bytes. */
    <T> Arrival<T> with(T item) {
        return new Arrival<>(
                item,
                tenant,
                weight,
                priority,
                Cost.ofTokens(Math.round(shareSeconds * 1000)),
                shareSeconds,
                10,
                enqueuedAt,
                deadline);
    }
}
