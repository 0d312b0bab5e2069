package dev.penstock.concurrency;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Divides a concurrency limit among named partitions, for example {@code live} and {@code batch}. A partition may use
 * whatever the others leave idle, and still every partition is sure of its own share at any time.
 *
 * <p>Both together mean that calls in flight exceed the limit for a while when a partition comes back to a share that
 * others are using: calls that run cannot be taken back. The excess is at most the sum of the shares that were idle,
 * and nothing beyond a share is admitted until it is gone.
 *
 * <p>Not safe for use by several threads.
 */
public final class Partitions {
    private final Map<String, Partition> partitions = new LinkedHashMap<>();
    private final long totalWeight;
    private int limit;
    private int busy;

    /**
     * @param weights each partition's part of the limit, relative to the sum; each at least 1
     * @param limit calls in flight of all partitions; at least 1
     */
    public Partitions(Map<String, Integer> weights, int limit) {
        if (weights.isEmpty()) {
            throw new IllegalArgumentException("there are no partitions; name at least one with its weight");
        }
        weights.forEach((name, weight) -> {
            if (weight < 1) {
                throw new IllegalArgumentException(
                        "weight of partition '" + name + "' is " + weight + "; it must be 1 or more");
            }
            partitions.put(name, new Partition(weight));
        });
        this.totalWeight = weights.values().stream().mapToLong(weight -> weight).sum();
        this.limit = checked(limit);
    }

    /** Takes a slot for a call of this partition if there is one. */
    public boolean tryEnter(String name) {
        Partition partition = partition(name);
        if (busy >= limit && partition.busy >= share(partition)) {
            return false;
        }
        partition.busy++;
        busy++;
        return true;
    }

    /** Gives back a slot that {@link #tryEnter} took. */
    public void leave(String name) {
        Partition partition = partition(name);
        if (partition.busy == 0) {
            throw new IllegalStateException(
                    "partition '" + name + "' has no call in flight; leave exactly once for each entry");
        }
        partition.busy--;
        busy--;
    }

    /** Changes the limit of all partitions together; calls in flight keep their slots. */
    public void limit(int newLimit) {
        limit = checked(newLimit);
    }

    /** Slots that this partition can always have: its part of the limit, rounded up, at least 1. */
    public int share(String name) {
        return share(partition(name));
    }

    /** Calls of this partition in flight. */
    public int busy(String name) {
        return partition(name).busy;
    }

    /** Calls of all partitions in flight. */
    public int busy() {
        return busy;
    }

    private int share(Partition partition) {
        return (int) ((partition.weight * (long) limit + totalWeight - 1) / totalWeight);
    }

    private Partition partition(String name) {
        Partition partition = partitions.get(name);
        if (partition == null) {
            throw new IllegalArgumentException(
                    "there is no partition '" + name + "'; the partitions are " + partitions.keySet());
        }
        return partition;
    }

    private static int checked(int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("concurrency limit is " + limit + "; it must be 1 or more");
        }
        return limit;
    }

    private static final class Partition {
        final int weight;
        int busy;

        Partition(int weight) {
            this.weight = weight;
        }
    }
}
