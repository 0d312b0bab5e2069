package dev.penstock.queue;

import java.util.HashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Weighted fair queueing over the tenants of one priority. Each tenant has a start tag in virtual seconds; the smallest is
 * served, and serving moves it by share / weight. A tenant that comes back from idle starts at the virtual time or at
 * its own last finish tag, whichever is later.
 *
 * <p>Let σ be the start tag served last and L the largest share / weight. Tags of waiting tenants, finish tags of idle
 * ones and the virtual time all lie within σ and σ + L, which gives every bound that {@link FairQueue} states. (Charges
 * that are given back lower σ for their tenant.)
 *
 * <p>Sources: P. Goyal, H. Vin and H. Cheng, "Start-Time Fair Queueing" (1996), in which the virtual time is σ; and for
 * charging by cost with the lift on return, Y. Sheng and others, "Fairness in Serving Large Language Models" (2024). With
 * σ alone as the virtual time, an endless stream of tenants that were never seen before would always start at σ and be
 * served before everyone who has been served once. So here the virtual time also moves on by share / (sum of the weights
 * of those who wait) with each request, as in weighted fair queueing proper, though not beyond the last tag that waits.
 */
final class Band<T> {
    /** Idle tenants whose finish tag is remembered; of more than that, those closest to being forgotten are. */
    static final int MAX_IDLE = 10_000;

    private Map<String, Flow<T>> flows = new HashMap<>();
    private final NavigableSet<Flow<T>> waiting = new TreeSet<>(Flow.BY_START);
    private final NavigableSet<Flow<T>> idle = new TreeSet<>(Flow.BY_START);
    private double virtualTime;
    /** How far the virtual time moves on when the request that was taken last has been served. */
    private double running;
    /** Of the tenants that wait. */
    private double weights;

    private long turns;
    private int size;

    /** Requests that wait. */
    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Tenants that wait, in the order of their turns. */
    NavigableSet<Flow<T>> waiting() {
        return waiting;
    }

    /** Tenants that cost memory. */
    int remembered() {
        return flows.size();
    }

    /** The number of turns that were given out. */
    long turns() {
        return turns;
    }

    /** The first request of the first tenant who may be served. */
    @Nullable
    Waiting<T> head(Predicate<String> mayServe) {
        for (Flow<T> flow : waiting) {
            if (mayServe.test(flow.tenant)) {
                return flow.line.first();
            }
        }
        return null;
    }

    /** The tenant's flow if it has one, else what it would get, without keeping it. */
    Flow<T> flowOf(String tenant, double weight) {
        Flow<T> flow = flows.get(tenant);
        return flow != null ? flow : new Flow<>(this, tenant, weight, virtualTime);
    }

    void add(Waiting<T> request) {
        Flow<T> flow = flowOf(request.tenant(), request.weight());
        request.flow = flow;
        if (flow.line.isEmpty()) {
            // If it is idle still, its tag is beyond the virtual time; else it is new and starts there.
            idle.remove(flow);
            flow.turn = ++turns;
            flow.weight = request.weight();
            weights += flow.weight;
            flows.put(flow.tenant, flow);
            waiting.add(flow);
        } else {
            weights += request.weight() - flow.weight;
            flow.weight = request.weight();
        }
        flow.line.add(request);
        size++;
    }

    /** Takes it out without a charge. */
    void remove(Waiting<T> request) {
        Flow<T> flow = request.flow;
        flow.line.remove(request);
        size--;
        if (flow.line.isEmpty()) {
            waiting.remove(flow);
            retire(flow);
        }
    }

    /** Takes it out and charges its tenant. */
    void take(Waiting<T> request) {
        Flow<T> flow = request.flow;
        double start = flow.start;
        double last = waiting.last().start;
        virtualTime = Math.max(virtualTime, Math.min(virtualTime + running, last));
        virtualTime = Math.max(virtualTime, start);
        running = request.shareSeconds / Math.max(weights, flow.weight);
        waiting.remove(flow);
        boolean othersAreHeldBack = !waiting.isEmpty() && Flow.BY_START.compare(waiting.last(), flow) < 0;
        // Whoever had a smaller tag was held back, which is like being idle: it keeps its place, not what it missed.
        while (!waiting.isEmpty() && waiting.first().start < start) {
            Flow<T> passed = waiting.removeFirst();
            passed.start = start;
            passed.floor = start;
            waiting.add(passed);
        }
        request.turnBefore = flow.turn;
        flow.start = start + request.virtualSeconds();
        flow.turn = ++turns;
        flow.line.remove(request);
        size--;
        if (flow.line.isEmpty()) {
            retire(flow);
            if (othersAreHeldBack) {
                // All who may be served have got all that they asked for, as when nobody waits.
                virtualTime = Math.max(virtualTime, flow.start);
            }
        } else {
            waiting.add(flow);
        }
        forgetIdle();
    }

    /** Undoes the charge of a request that was taken. */
    void giveBack(Waiting<T> request) {
        Flow<T> flow = request.flow;
        if (flow.forgotten) {
            return; // so is its charge
        }
        NavigableSet<Flow<T>> place = flow.line.isEmpty() ? idle : waiting;
        place.remove(flow);
        flow.start = Math.max(flow.floor, flow.start - request.virtualSeconds());
        flow.turn = request.turnBefore;
        place.add(flow);
        forgetIdle();
    }

    private void retire(Flow<T> flow) {
        weights -= flow.weight;
        idle.add(flow);
        if (waiting.isEmpty()) {
            // Everybody has got all that was asked for, so nobody owes anything.
            flows.values().forEach(known -> known.forgotten = true);
            flows = new HashMap<>();
            idle.clear();
            virtualTime = 0;
            running = 0;
            weights = 0;
        } else {
            forgetIdle();
        }
    }

    private void forgetIdle() {
        while (!idle.isEmpty() && (idle.first().start <= virtualTime || idle.size() > MAX_IDLE)) {
            Flow<T> flow = idle.removeFirst();
            flow.forgotten = true;
            flows.remove(flow.tenant);
        }
    }
}
