package dev.penstock.gateway;

import dev.penstock.gateway.config.Tenant;
import dev.penstock.limit.Cost;
import dev.penstock.queue.Priority;

/**
 * What a request asks of the dispatcher.
 *
 * @param tenant whose it is
 * @param cost what the provider will charge against its limits
 * @param bytes held while it waits
 * @param arrivedNanos when its head had come, in the gateway's monotonic time
 * @param deadlineNanos by when its last attempt must have started
 * @param maxAttempts attempts after faults, the first one included, 1 or more
 * @param repeatable whether it can be sent again: its body is held here
 * @param deadlineGiven whether the client itself set the deadline
 */
record Ask(
        Tenant tenant,
        Priority priority,
        LaneKey lane,
        Cost cost,
        long bytes,
        long arrivedNanos,
        long deadlineNanos,
        int maxAttempts,
        boolean repeatable,
        boolean deadlineGiven) {}
