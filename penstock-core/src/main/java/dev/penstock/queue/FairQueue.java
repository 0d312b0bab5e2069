package dev.penstock.queue;

import dev.penstock.limit.Cost;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * Who is served next of those who wait for one quota. It only orders; whether there is quota is asked elsewhere. A caller
 * looks at the {@link #head}, asks the quota for it, and {@link #take}s it when it was granted.
 *
 * <ol>
 *   <li>The most urgent band ({@link Priority}) goes first. A less urgent band gets, while it waits behind another one, a
 *       tenth of everything that is served ({@link Settings#ageing}), so it never starves.
 *   <li>Inside a band tenants share by weight: weighted fair queueing by the dominant cost of their requests.
 *   <li>Inside a tenant the earliest deadline goes first, equal deadlines in order of arrival; before them all, requests
 *       that were taken and came back ({@link #addFirst}).
 * </ol>
 *
 * <p>What holds, with L the largest share / weight of any request, and while no tenant is held back:
 *
 * <ul>
 *   <li>Of two tenants that wait in the same band throughout, what each was served, divided by its weight, differs by at
 *       most 2 L.
 *   <li>The head of a tenant's line is passed by requests of other tenants in its band of at most 2 W L + (N + 1) l
 *       seconds of share, where W is the largest sum of weights of tenants that wait together, N the largest number of
 *       them and l the largest share; also when new tenants arrive without end. Inside its line it is passed by those
 *       with an earlier deadline only.
 *   <li>While a band waits behind more urgent ones, it is served at least every tenth time that one is taken.
 *   <li>A tenant that was idle or held back starts where the others are: nobody can save up.
 * </ul>
 *
 * <p>Adding, taking, removing and expiring cost O(log n); looking for the head costs one question for each tenant that is
 * held back. Tenants who do not wait are forgotten as soon as they owe nothing. A request that waits costs less than 400
 * bytes beside its item, and its tenant as much again.
 *
 * <p>Pure: no clock, no thread. Not safe for use by several threads.
 *
 * @param <T> what waits
 */
public final class FairQueue<T> {
    /** As many requests as {@link #first} shows at most. */
    public static final int MAX_SHOWN = 50;

    private static final int BANDS = Priority.values().length;

    private final QueueBounds bounds;
    private final Settings settings;
    private final List<Band<T>> bands = new ArrayList<>();
    private final DeadlineHeap<T> deadlines = new DeadlineHeap<>();
    private final Credits credits;
    private long sequences;
    private long bytes;

    /**
     * How a queue shares.
     *
     * @param ageing the part of everything served that a band gets while it waits behind a more urgent one; 0 (strict
     *     priority: a band may wait for ever) to {@value #MAX_AGEING}
     * @param leastShareSeconds what is charged for a request of a smaller share, or of none because no limit is known;
     *     more than 0, at most 1. When it is charged for all, tenants are served equal numbers of requests
     */
    public record Settings(double ageing, double leastShareSeconds) {
        /** The greatest part that a band may get out of its turn. */
        public static final double MAX_AGEING = 0.25;

        /** A tenth, and a millisecond. */
        public static final Settings DEFAULTS = new Settings(0.1, 0.001);

        public Settings {
            if (!(ageing >= 0 && ageing <= MAX_AGEING)) {
                throw new IllegalArgumentException(
                        "ageing is " + ageing + "; it must be 0 to " + MAX_AGEING + ", usually 0.1");
            }
            if (!(leastShareSeconds > 0 && leastShareSeconds <= 1)) {
                throw new IllegalArgumentException("least share is " + leastShareSeconds
                        + " s; it must be more than 0 and at most 1 s, usually 0.001 s");
            }
        }
    }

    /**
     * How much of a tenant waits, over all bands.
     *
     * @param tenant its name
     * @param waiting its requests, 1 or more
     * @param oldestEnqueuedAtNanos when the one was added that has waited longest, in the caller's monotonic nanoseconds
     */
    public record TenantWaiting(String tenant, int waiting, long oldestEnqueuedAtNanos) {}

    /**
     * @param bounds how much may wait; other queues may share them
     */
    public FairQueue(QueueBounds bounds, Settings settings) {
        this.bounds = bounds;
        this.settings = settings;
        this.credits = new Credits(settings.ageing, BANDS);
        for (int band = 0; band < BANDS; band++) {
            bands.add(new Band<>());
        }
    }

    /** Lets a request wait, unless the bounds are reached: then empty. */
    public Optional<Waiting<T>> add(Arrival<T> arrival) {
        if (!bounds.tryEnter(arrival.bytes())) {
            return Optional.empty();
        }
        Waiting<T> request = placeOf(arrival);
        sequences++;
        if (band(request).isEmpty()) {
            credits.clear(bandIndex(request));
        }
        enter(request);
        return Optional.of(request);
    }

    /**
     * Puts a request that was taken back to the front of its tenant's line, before earlier deadlines. Several that come
     * back keep their order of arrival among themselves. The bounds count it, and do not turn it away.
     *
     * <p>Its charge stays unless it is {@linkplain #giveBack given back} first; then the repetition is charged as well.
     *
     * @throws IllegalStateException if it was not taken, or came back already
     */
    public void addFirst(Waiting<T> request) {
        checkOwn(request);
        if (!request.taken) {
            throw new IllegalStateException(request + " cannot come back; only a request that was taken can, and once");
        }
        bounds.enter(request.bytes());
        request.taken = false;
        request.charged = false;
        request.returned = true;
        enter(request);
    }

    /**
     * The request that is served next of those whose tenants pass, or empty. Nothing changes.
     *
     * @param mayServe says no to a tenant that is held back by limits of its own; asked at most once a band for each
     */
    public Optional<Waiting<T>> head(Predicate<String> mayServe) {
        Waiting<T> first = null;
        for (int band = 0; band < BANDS; band++) {
            if (first != null && !credits.canPay(band, settings.leastShareSeconds)) {
                continue;
            }
            Waiting<T> head = bands.get(band).head(mayServe);
            if (head == null) {
                continue;
            }
            if (first == null) {
                first = head;
            } else if (credits.canPay(band, head.shareSeconds)) {
                return Optional.of(head);
            }
        }
        return Optional.ofNullable(first);
    }

    /**
     * Takes a request out to be served, usually the {@link #head}, and charges its tenant and band.
     *
     * @throws IllegalStateException if it does not wait
     */
    public void take(Waiting<T> request) {
        checkWaiting(request);
        int waiting = 0;
        for (int band = 0; band < BANDS; band++) {
            waiting |= bands.get(band).isEmpty() ? 0 : 1 << band;
        }
        request.creditPaid = credits.serve(bandIndex(request), request.shareSeconds, waiting);
        request.bandsThatEarned = (byte) Credits.earning(waiting);
        request.charged = true;
        request.taken = true;
        band(request).take(request);
        left(request);
    }

    /**
     * Undoes the charge of a request that was taken and then was not served after all, because the provider refused it.
     * To let it wait again, call {@link #addFirst} right after this.
     *
     * @return false if there is no charge to undo: it was not taken, or its charge was given back already
     */
    public boolean giveBack(Waiting<T> request) {
        checkOwn(request);
        if (!request.charged) {
            return false;
        }
        request.charged = false;
        request.flow.band.giveBack(request);
        credits.giveBack(bandIndex(request), request.shareSeconds, request.creditPaid, request.bandsThatEarned);
        return true;
    }

    /** Takes a request out that nobody waits for any more, without a charge; false if it does not wait. */
    public boolean remove(Waiting<T> request) {
        checkOwn(request);
        if (!request.waiting) {
            return false;
        }
        band(request).remove(request);
        left(request);
        return true;
    }

    /** Takes out a request whose deadline has come, without a charge; empty when there is no more. Earliest first. */
    public Optional<Waiting<T>> pollExpired(long nowNanos) {
        Waiting<T> first = deadlines.first();
        if (first == null || first.deadlineNanos() - nowNanos > 0) {
            return Optional.empty();
        }
        band(first).remove(first);
        left(first);
        return Optional.of(first);
    }

    /** The earliest deadline of all that wait, when to ask {@link #pollExpired} again. */
    public OptionalLong nextDeadline() {
        Waiting<T> first = deadlines.first();
        return first == null ? OptionalLong.empty() : OptionalLong.of(first.deadlineNanos());
    }

    /**
     * What is expected to be served before a waiting request, if nobody else arrives and no tenant is held back.
     *
     * <p>Exact among the requests of its tenant. Each other tenant in its band may be wrong by one request, where start
     * tags are equal to the last bit. Each other band may be wrong by one of its requests and one of this band, and what
     * is not served of it whole counts in proportion, as if all requests of that band had the same mix. When the request
     * will go by the credit of its band, an error inside its band moves its turn, and so counts 1 / ageing times.
     *
     * <p>Costs O(t log n) for t tenants that wait in its band, and O(t) for those in others.
     *
     * @throws IllegalStateException if it does not wait
     */
    public Cost costAhead(Waiting<T> request) {
        checkWaiting(request);
        return costBefore(request);
    }

    /** What would be expected to be served before this request if it was added now; see {@link #costAhead(Waiting)}. */
    public Cost costAhead(Arrival<T> arrival) {
        return costBefore(placeOf(arrival));
    }

    /** The tenants that wait, the most urgent band first, inside a band in the order of their turns. */
    public List<TenantWaiting> tenants() {
        Map<String, TenantWaiting> tenants = new LinkedHashMap<>();
        for (Band<T> band : bands) {
            for (Flow<T> flow : band.waiting()) {
                Waiting<T> all = flow.line.root();
                if (all != null) {
                    tenants.merge(
                            flow.tenant,
                            new TenantWaiting(flow.tenant, flow.line.size(), all.oldestBelow),
                            FairQueue::together);
                }
            }
        }
        return List.copyOf(tenants.values());
    }

    /**
     * The next requests in the order of their service, if nobody else arrives and no tenant is held back.
     *
     * @param most how many, 0 to {@value #MAX_SHOWN}
     */
    public List<Waiting<T>> first(int most) {
        if (most < 0 || most > MAX_SHOWN) {
            throw new IllegalArgumentException("asked for the first " + most + "; it must be 0 to " + MAX_SHOWN);
        }
        return ServiceOrder.first(bands, credits, most);
    }

    /** Requests that wait. */
    public int size() {
        return deadlines.size();
    }

    /** Requests that wait in a band. */
    public int size(Priority priority) {
        return bands.get(priority.ordinal()).size();
    }

    /** The bytes that all waiting requests hold. */
    public long bytes() {
        return bytes;
    }

    /** Whether nothing waits. */
    public boolean isEmpty() {
        return deadlines.size() == 0;
    }

    /** Tenants that cost memory, counted once for each band. */
    int rememberedTenants() {
        return bands.stream().mapToInt(Band::remembered).sum();
    }

    private Waiting<T> placeOf(Arrival<T> arrival) {
        Band<T> band = bands.get(arrival.priority().ordinal());
        double share = Math.max(arrival.shareSeconds(), settings.leastShareSeconds);
        return new Waiting<>(arrival, sequences, share, band.flowOf(arrival.tenant(), arrival.weight()));
    }

    private void enter(Waiting<T> request) {
        band(request).add(request);
        deadlines.add(request);
        bytes += request.bytes();
        request.waiting = true;
    }

    /** It is out of its band. */
    private void left(Waiting<T> request) {
        deadlines.remove(request);
        bytes -= request.bytes();
        bounds.leave(request.bytes());
        request.waiting = false;
        if (deadlines.size() == 0) {
            credits.clear();
        } else if (band(request).isEmpty()) {
            credits.clear(bandIndex(request));
        }
    }

    private Cost costBefore(Waiting<T> request) {
        int target = bandIndex(request);
        Flow<T> own = request.flow;
        Sums before = new Sums();
        double start = own.start + own.line.addBefore(request, before);
        boolean ownTurnComes = true;
        for (Flow<T> flow : own.band.waiting()) {
            if (flow == own) {
                ownTurnComes = false;
            } else {
                // Tenants whose tags move in step stay in the order in which they are now.
                flow.line.addStartingBefore(start - flow.start, ownTurnComes, before);
            }
        }
        double[] shares = new double[BANDS];
        double[] due = new double[BANDS];
        List<Sums> all = new ArrayList<>();
        for (int band = 0; band < BANDS; band++) {
            Sums sums = new Sums();
            if (band != target) {
                bands.get(band).waiting().forEach(flow -> sums.addSubtree(flow.line.root()));
                shares[band] = sums.shareSeconds();
                Waiting<T> head = bands.get(band).head(tenant -> true);
                due[band] = head != null && credits.canPay(band, head.shareSeconds) ? credits.of(band) : 0;
            }
            all.add(sums);
        }
        var forecast = new BandForecast(
                settings.ageing, shares, due, target, credits.of(target), before.shareSeconds(), request.shareSeconds);
        for (int band = 0; band < BANDS; band++) {
            if (shares[band] > 0) {
                before.addPart(all.get(band), forecast.served(band) / shares[band]);
            }
        }
        return before.cost();
    }

    private static TenantWaiting together(TenantWaiting a, TenantWaiting b) {
        boolean aIsOlder = a.oldestEnqueuedAtNanos - b.oldestEnqueuedAtNanos < 0;
        return new TenantWaiting(
                a.tenant, a.waiting + b.waiting, aIsOlder ? a.oldestEnqueuedAtNanos : b.oldestEnqueuedAtNanos);
    }

    private Band<T> band(Waiting<T> request) {
        return bands.get(bandIndex(request));
    }

    private static int bandIndex(Waiting<?> request) {
        return request.priority().ordinal();
    }

    private void checkOwn(Waiting<T> request) {
        if (request.flow.band != band(request)) {
            throw new IllegalArgumentException(request + " waits in another queue; give it to the one that made it");
        }
    }

    private void checkWaiting(Waiting<T> request) {
        checkOwn(request);
        if (!request.waiting) {
            throw new IllegalStateException(request + " is not in the queue; it can be served only once");
        }
    }
}
