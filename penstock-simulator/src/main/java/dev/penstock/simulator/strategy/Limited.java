package dev.penstock.simulator.strategy;

import dev.penstock.concurrency.ConcurrencyAlgorithm;
import dev.penstock.concurrency.Permit;
import dev.penstock.concurrency.Permits;
import dev.penstock.simulator.Call;
import dev.penstock.simulator.Desk;
import dev.penstock.simulator.Refusal;
import dev.penstock.simulator.Strategy;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** So many calls at a time, first come, first served; refused ones wait without a permit and go first when they return. */
final class Limited implements Strategy {
    private final @Nullable Retries retries;
    private final Permits permits;
    private final ArrayDeque<Call> queue = new ArrayDeque<>();
    /** Permits of calls whose note is the retries'. */
    private final Map<Call, Permit> running = new HashMap<>();

    private long now;

    /**
     * @param algorithm says how many
     * @param retries what happens to refused calls, or null if they are given up
     */
    Limited(ConcurrencyAlgorithm algorithm, @Nullable Retries retries) {
        this.retries = retries;
        this.permits = new Permits(algorithm, 0, () -> now);
    }

    @Override
    public void arrived(Call call, Desk desk) {
        now = desk.nowNanos();
        if (retries == null) {
            queue.addLast(call);
        } else {
            retries.arrived(call, desk, queue::addLast);
        }
        sendAllowed(desk);
    }

    @Override
    public void answered(Call call, Desk desk) {
        now = desk.nowNanos();
        Permit permit = permitOf(call);
        if (permit != null) {
            permit.succeeded();
        }
        sendAllowed(desk);
    }

    @Override
    public void refused(Call call, Refusal refusal, Desk desk) {
        now = desk.nowNanos();
        Permit permit = permitOf(call);
        if (permit != null) {
            permit.overloaded();
        }
        if (retries == null) {
            desk.giveUp(call);
        } else {
            retries.refused(call, refusal, desk, queue::addFirst);
        }
        sendAllowed(desk);
    }

    @Override
    public void woken(Call call, Desk desk) {
        now = desk.nowNanos();
        if (retries == null) {
            queue.addFirst(call);
        } else {
            retries.woken(call, desk, queue::addFirst);
        }
        sendAllowed(desk);
    }

    private @Nullable Permit permitOf(Call call) {
        return call.note() instanceof Permit kept ? kept : running.remove(call);
    }

    private void sendAllowed(Desk desk) {
        while (!queue.isEmpty()) {
            Permit permit = permits.tryAcquire().orElse(null);
            if (permit == null) {
                return;
            }
            Call call = queue.removeFirst();
            if (retries == null) {
                call.keep(permit);
            } else {
                running.put(call, permit);
            }
            desk.send(call);
        }
    }
}
