package dev.penstock.springai;

import dev.penstock.pacing.Penstock;
import dev.penstock.pacing.PenstockSnapshot;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Says how many calls wait and run, and what the next of each family waits for. Waiting is no illness: it is out of service only
 * while the queue is full, so that further calls would be refused at once.
 */
final class PenstockHealthIndicator implements HealthIndicator {
    /** Names of models come from callers, and there may be any number of them. */
    private static final int MOST_FAMILIES = 20;

    private final Penstock penstock;

    PenstockHealthIndicator(Penstock penstock) {
        this.penstock = penstock;
    }

    @Override
    public Health health() {
        PenstockSnapshot now = penstock.snapshot();
        Health.Builder health = new Health.Builder();
        if (now.waiting() < now.maxWaiting()) {
            health.up();
        } else {
            health.outOfService();
        }
        Map<String, String> waitsFor = new TreeMap<>();
        now.lanes().stream()
                .limit(MOST_FAMILIES)
                .forEach(lane -> lane.blockedBy()
                        .ifPresent(by ->
                                waitsFor.put(lane.family().isEmpty() ? "none" : lane.family(), by.explanation())));
        return health.withDetail("waiting", now.waiting())
                .withDetail("maxWaiting", now.maxWaiting())
                .withDetail("running", now.running())
                .withDetail("backingOff", now.backingOff())
                .withDetail("waitsFor", waitsFor)
                .build();
    }
}
