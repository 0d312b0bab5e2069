package dev.penstock.gateway;

import dev.penstock.emulator.Arrival;
import dev.penstock.emulator.Fault;
import dev.penstock.emulator.Ledger;
import dev.penstock.emulator.Outcome.Broken;
import dev.penstock.emulator.Ticket;
import dev.penstock.emulator.Twin;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.gateway.config.Tenant;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.limit.Limit;
import dev.penstock.queue.Priority;
import dev.penstock.queue.QueueBounds;
import dev.penstock.quota.QuotaSnapshot;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.AnswerReading;
import dev.penstock.wire.CostCalibration;
import dev.penstock.wire.CostEstimator;
import dev.penstock.wire.Endpoint;
import dev.penstock.wire.HeaderLookup;
import dev.penstock.wire.RequestFacts;
import dev.penstock.wire.TierTable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * A gateway in virtual time: the production dispatcher and quotas between clients of an open loop and one or more of the
 * emulator's twins, with real headers and bodies and a network that delays each way by a random 2 to 60 ms, so that
 * requests overtake each other. It wakes only when the dispatcher told it to or when something happens, as the real one
 * does. Minutes pass in milliseconds, and the same seed gives the same run.
 */
final class VirtualGateway {
    static final String MODEL = "gpt-4o-mini";
    static final long SECOND = 1_000_000_000;
    private static final long MS = 1_000_000;
    private static final HeaderLookup NO_HEADERS = HeaderLookup.none();
    private static final Duration LONGEST = Duration.ofHours(6);

    private final long origin = -5 * SECOND; // monotonic time may be negative
    private final RandomGenerator random;
    private final QueueBounds bounds;
    private final RequestDispatcher<Told> dispatcher;
    private final Map<String, Provider> providers = new LinkedHashMap<>();
    private final List<Told> all = new ArrayList<>();
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final CostCalibration calibration = new CostCalibration();
    private final CostEstimator estimator = new CostEstimator(calibration);
    private final Duration timeout = Duration.ofSeconds(60);
    private Runnable afterEachEvent = () -> {};
    private boolean firstComeFirstServed;
    private long sequence;
    private long now = origin;
    private int open;

    /** What a client asks, and when. All times are nanoseconds. */
    record Request(
            long at,
            Tenant tenant,
            Priority priority,
            long patience,
            int promptCharacters,
            int maxOutput,
            OptionalLong hangsUpAfter,
            boolean repeatable,
            String model) {
        static Request of(long at, String tenant, long patience, int promptCharacters, int maxOutput) {
            return of(at, Tenant.unknown(tenant), patience, promptCharacters, maxOutput);
        }

        static Request of(long at, Tenant tenant, long patience, int promptCharacters, int maxOutput) {
            return new Request(
                    at,
                    tenant,
                    Priority.NORMAL,
                    patience,
                    promptCharacters,
                    maxOutput,
                    OptionalLong.empty(),
                    true,
                    MODEL);
        }

        Request priority(Priority other) {
            return new Request(
                    at, tenant, other, patience, promptCharacters, maxOutput, hangsUpAfter, repeatable, model);
        }

        Request hangsUpAfter(long nanos) {
            return new Request(
                    at,
                    tenant,
                    priority,
                    patience,
                    promptCharacters,
                    maxOutput,
                    OptionalLong.of(nanos),
                    repeatable,
                    model);
        }

        Request unrepeatable() {
            return new Request(at, tenant, priority, patience, promptCharacters, maxOutput, hangsUpAfter, false, model);
        }

        Request model(String other) {
            return new Request(
                    at, tenant, priority, patience, promptCharacters, maxOutput, hangsUpAfter, repeatable, other);
        }
    }

    /** What became of a request. Times count from the start of the world. */
    static final class Told {
        final Request request;
        final byte[] body;
        final RequestFacts facts;

        @Nullable
        Flight<Told> flight;

        @Nullable
        Call call;

        @Nullable
        Outcome outcome;

        @Nullable
        Refusal refusal;
        /** When it was sent first and last; -1 if it never was. */
        long firstSentAt = -1;

        long lastSentAt = -1;
        int sendings;
        /** Of those. */
        int connectFailures;

        int ends;
        long endedAt;
        long tokens;

        Told(Request request, int number) {
            this.request = request;
            String words = "lorem ipsum dolor sit amet "
                    .repeat(request.promptCharacters / 27 + 1)
                    .substring(0, request.promptCharacters);
            this.body = ("{\"model\":\"" + request.model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + number
                            + " " + words + "\"}],\"max_completion_tokens\":" + request.maxOutput + "}")
                    .getBytes(StandardCharsets.UTF_8);
            this.facts = RequestFacts.read(Endpoint.CHAT_COMPLETIONS, body);
        }

        boolean answered() {
            return outcome == Outcome.ANSWERED;
        }

        /** From its arrival until it was sent for the first time. */
        long waited() {
            return firstSentAt - request.at;
        }

        boolean startedInTime() {
            return lastSentAt >= 0 && lastSentAt - request.at <= request.patience;
        }
    }

    /** One attempt at an upstream. */
    private static final class Call {
        final Flight<Told> flight;
        final Provider provider;

        @Nullable
        Ticket ticket;

        boolean over;

        Call(Flight<Told> flight, Provider provider) {
            this.flight = flight;
            this.provider = provider;
        }
    }

    /** What a provider shows of its limits. */
    enum Shows {
        EVERYTHING,
        /** No limits in headers and none in texts, but when to come back in whole seconds. */
        RETRY_AFTER_ALONE
    }

    static final class Provider {
        final Twin twin;
        final Shows shows;
        private final Set<Call> calls = new LinkedHashSet<>();
        boolean down;
        /** Whether the account has no credit left. */
        boolean stopped;

        long sent;
        final List<Long> refusedAt = new ArrayList<>();

        Provider(TwinSettings settings, Shows shows, long seed) {
            this.twin = new Twin(settings, seed);
            this.shows = shows;
        }

        Ledger ledger() {
            return twin.ledger();
        }
    }

    private record Event(long at, long sequence, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
        }
    }

    VirtualGateway(TwinSettings settings, long seed) {
        this(List.of(upstream("one")), settings, Shows.EVERYTHING, new QueueBounds(20_000, 512L << 20), seed);
    }

    /**
     * @param settings of a provider for each upstream
     */
    VirtualGateway(List<Upstream> upstreams, TwinSettings settings, Shows shows, QueueBounds bounds, long seed) {
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        this.bounds = bounds;
        this.dispatcher = new RequestDispatcher<>(upstreams, bounds, TierTable.builtIn(), random, now);
        for (Upstream upstream : upstreams) {
            add(upstream.name(), settings, shows, seed);
        }
    }

    static Upstream upstream(String name) {
        return Upstreams.withKey(name, 1);
    }

    /** A provider that an upstream may be configured for later. */
    void add(String name, TwinSettings settings, Shows shows, long seed) {
        providers.putIfAbsent(name, new Provider(settings, shows, seed + providers.size()));
    }

    Provider provider(String name) {
        return Objects.requireNonNull(providers.get(name));
    }

    Provider provider() {
        return providers.values().iterator().next();
    }

    RequestDispatcher<Told> dispatcher() {
        return dispatcher;
    }

    QueueBounds bounds() {
        return bounds;
    }

    List<Told> all() {
        return all;
    }

    /** Since the start of the world. */
    long elapsed() {
        return now - origin;
    }

    long now() {
        return now;
    }

    VirtualGateway afterEachEvent(Runnable check) {
        afterEachEvent = check;
        return this;
    }

    /**
     * The baseline: the same quotas, but whoever came first goes first and nobody is refused. Those whose deadline has
     * passed are left out at no cost.
     */
    VirtualGateway firstComeFirstServed() {
        firstComeFirstServed = true;
        return this;
    }

    /** Something else that happens at a time, counted from the start of the world. */
    VirtualGateway at(long nanos, Runnable action) {
        schedule(origin + nanos, action);
        return this;
    }

    /** The upstream cannot be reached between two times; what runs when it begins is lost. */
    VirtualGateway outage(String name, long from, long until) {
        Provider provider = provider(name);
        at(from, () -> {
            provider.down = true;
            for (Call call : List.copyOf(provider.calls)) {
                if (call.ticket != null) {
                    provider.twin.hungUp(call.ticket, now);
                }
                settle(call, AnswerReading.ofFault(Verdict.Fault.CONNECTION_LOST, "The connection was lost."));
            }
        });
        return at(until, () -> provider.down = false);
    }

    void ask(Request request) {
        open++;
        schedule(origin + request.at, () -> arrive(request));
    }

    /** Until every request has ended. */
    VirtualGateway run(List<Request> requests) {
        requests.forEach(this::ask);
        return run();
    }

    VirtualGateway run() {
        long wake = Long.MAX_VALUE;
        while (open > 0 || !events.isEmpty()) {
            Event event = events.peek();
            if (event != null && event.at <= wake) {
                events.remove();
                now = event.at;
                event.action.run();
            } else if (wake != Long.MAX_VALUE) {
                now = wake;
            } else {
                throw new IllegalStateException(open + " requests are open, and nothing is ever to happen");
            }
            if (elapsed() > LONGEST.toNanos()) {
                throw new IllegalStateException("after " + LONGEST + " there are still requests open: " + open);
            }
            wake = pump();
            afterEachEvent.run();
        }
        return this;
    }

    private long pump() {
        // Each step but a wait ends or sends one request.
        int most = 2 * open + 2;
        for (int steps = 0; steps < most; steps++) {
            switch (dispatcher.next(now)) {
                case Step.Send<Told> send -> send(send.flight());
                case Step.Refuse<Told> refuse -> refused(refuse.flight().item(), refuse.refusal());
                case Step.GiveUp<Told> giveUp -> ended(giveUp.flight().item(), Outcome.FAILED_UPSTREAM);
                case Step.Wait<Told> wait -> {
                    if (wait.untilNanos().isPresent() && wait.untilNanos().getAsLong() - now <= 0) {
                        throw new IllegalStateException("told to wait until a time that has come");
                    }
                    return wait.untilNanos().orElse(Long.MAX_VALUE);
                }
            }
        }
        throw new IllegalStateException("more steps than there are requests");
    }

    private void arrive(Request request) {
        Told told = new Told(request, all.size());
        all.add(told);
        told.tokens = estimator.cost(told.facts).tokens();
        Ask ask = new Ask(
                request.tenant,
                request.priority,
                new LaneKey("", request.model),
                estimator.cost(told.facts),
                told.body.length,
                now,
                now + (firstComeFirstServed ? LONGEST.toNanos() : request.patience),
                6,
                request.repeatable,
                true);
        switch (dispatcher.arrive(told, ask, now)) {
            case RequestDispatcher.Arrived.Queued<Told> queued -> {
                told.flight = queued.flight();
                if (firstComeFirstServed) {
                    schedule(now + request.patience, () -> leaveUnlessSent(told));
                }
                if (request.hangsUpAfter.isPresent()) {
                    schedule(now + request.hangsUpAfter.getAsLong(), () -> hangUp(told));
                }
            }
            case RequestDispatcher.Arrived.Refused<Told> refused -> refused(told, refused.refusal());
        }
    }

    private void leaveUnlessSent(Told told) {
        if (told.sendings == 0) {
            hangUp(told);
        }
    }

    private void hangUp(Told told) {
        if (told.outcome != null) {
            return;
        }
        dispatcher.gone(Objects.requireNonNull(told.flight), now);
        Call call = told.call;
        if (call != null) {
            call.over = true;
            call.provider.calls.remove(call);
            schedule(now + networkNanos(), () -> {
                if (call.ticket != null) {
                    call.provider.twin.hungUp(call.ticket, now);
                }
            });
        }
        ended(told, Outcome.CANCELLED_BY_CLIENT);
    }

    private void send(Flight<Told> flight) {
        Told told = flight.item();
        if (now - flight.ask().deadlineNanos() > 0) {
            throw new IllegalStateException("a request is sent after its deadline");
        }
        told.lastSentAt = elapsed();
        told.firstSentAt = told.sendings == 0 ? told.lastSentAt : told.firstSentAt;
        told.sendings++;
        Provider provider = provider(
                Objects.requireNonNull(flight.slot).upstream().upstream().name());
        Call call = new Call(flight, provider);
        told.call = call;
        provider.calls.add(call);
        provider.sent++;
        schedule(now + networkNanos(), () -> reach(call));
    }

    private void reach(Call call) {
        Provider provider = call.provider;
        Told told = call.flight.item();
        if (provider.down) {
            told.connectFailures++;
            back(call, AnswerReading.ofFault(Verdict.Fault.CONNECT_FAILED, "The connection was refused."));
            return;
        }
        if (provider.stopped) {
            back(
                    call,
                    new AnswerReading(
                            new Verdict.AccountStopped(Verdict.StoppedBecause.NO_CREDIT, "no credit"),
                            List.of(),
                            Optional.empty()));
            return;
        }
        Twin twin = provider.twin;
        switch (twin.arrive("POST", told.facts.endpoint().path(), NO_HEADERS, told.body, now)) {
            case Arrival.Refused refused -> {
                provider.refusedAt.add(elapsed());
                back(call, read(provider, told, refused.status(), refused.headers(), refused.body()));
            }
            case Arrival.Served served -> throw new IllegalStateException("a prompt was taken for something else");
            case Arrival.Admitted admitted -> {
                call.ticket = admitted.ticket();
                long done = now + admitted.latency().toNanos();
                if (admitted.outcome() instanceof Broken(Fault fault)) {
                    breakDown(call, admitted, fault, done);
                } else {
                    finish(call, admitted, done);
                }
            }
        }
    }

    private void finish(Call call, Arrival.Admitted admitted, long done) {
        schedule(done, () -> {
            call.provider.twin.finished(admitted.ticket(), now);
            back(call, read(call.provider, call.flight.item(), admitted.status(), admitted.headers(), admitted.body()));
        });
    }

    private void breakDown(Call call, Arrival.Admitted admitted, Fault fault, long done) {
        switch (fault) {
            case SERVER_ERROR, OVERLOADED, BARE_429, CUT -> finish(call, admitted, done);
            case RESET_BEFORE, RESET_IN_BODY ->
                schedule(done, () -> {
                    call.provider.twin.finished(admitted.ticket(), now);
                    back(call, AnswerReading.ofFault(Verdict.Fault.CONNECTION_LOST, "The connection was lost."));
                });
            case HANG ->
                schedule(now + timeout.toNanos(), () -> {
                    if (!call.over) {
                        call.provider.twin.hungUp(admitted.ticket(), now);
                        settle(call, AnswerReading.ofFault(Verdict.Fault.TIMEOUT, "No answer came in time."));
                    }
                });
            case STREAM_429, STREAM_429_FIRST -> throw new IllegalStateException("nothing here asks for a stream");
        }
    }

    private static AnswerReading read(
            Provider provider, Told told, int status, Map<String, String> headers, byte[] body) {
        Map<String, String> shown = headers;
        byte[] text = body;
        if (provider.shows == Shows.RETRY_AFTER_ALONE) {
            shown = new LinkedHashMap<>(headers);
            shown.keySet().removeIf(name -> name.startsWith("x-ratelimit-"));
            text = status == 429 ? "{\"error\":{}}".getBytes(StandardCharsets.UTF_8) : body;
        }
        return AnswerReading.of(told.facts.endpoint(), status, HeaderLookup.of(shown), text);
    }

    private void back(Call call, AnswerReading reading) {
        schedule(now + networkNanos(), () -> settle(call, reading));
    }

    private void settle(Call call, AnswerReading reading) {
        if (call.over) {
            return;
        }
        call.over = true;
        call.provider.calls.remove(call);
        Told told = call.flight.item();
        told.call = null;
        reading.requestedTokens().ifPresent(tokens -> calibration.observeRequested(told.facts, tokens));
        boolean headFirst = random.nextBoolean() && reading.verdict() instanceof Verdict.Accepted;
        if (headFirst) {
            dispatcher.observed(call.flight, reading.states(), now);
        }
        Decision decision = dispatcher.settled(
                call.flight, reading.verdict(), headFirst ? List.of() : reading.states(), false, now);
        switch (decision) {
            case Decision.Again again -> {}
            case Decision.PassOn passOn ->
                ended(told, reading.verdict() instanceof Verdict.Accepted ? Outcome.ANSWERED : Outcome.FAILED_UPSTREAM);
            case Decision.Refuse refuse -> refused(told, refuse.refusal());
        }
    }

    private void refused(Told told, Refusal refusal) {
        told.refusal = refusal;
        ended(told, refusal.outcome());
    }

    private void ended(Told told, Outcome outcome) {
        told.ends++;
        told.outcome = outcome;
        told.endedAt = elapsed();
        open--;
        if (told.ends > 1) {
            throw new IllegalStateException("a request has ended twice, the second time " + outcome);
        }
    }

    private void schedule(long time, Runnable action) {
        events.add(new Event(time, sequence++, action));
    }

    private long networkNanos() {
        return 2 * MS + random.nextLong(58 * MS);
    }

    // What came out.

    long count(Outcome outcome) {
        return all.stream().filter(told -> told.outcome == outcome).count();
    }

    long answered() {
        return count(Outcome.ANSWERED);
    }

    /** When the last answer was there. */
    long lastAnsweredAt() {
        return all.stream()
                .filter(Told::answered)
                .mapToLong(told -> told.endedAt)
                .max()
                .orElse(0);
    }

    long refusedByUpstream() {
        return providers.values().stream()
                .mapToLong(provider -> provider.ledger().refusedTotal())
                .sum();
    }

    /** What must be nothing at the end, in words; empty if all is well. */
    String leftBehind() {
        List<String> left = new ArrayList<>();
        if (bounds.count() != 0 || bounds.bytes() != 0) {
            left.add("the bounds count " + bounds.count() + " requests of " + bounds.bytes() + " bytes");
        }
        if (dispatcher.running() != 0) {
            left.add(dispatcher.running() + " run");
        }
        for (Lane<Told> lane : dispatcher.lanes()) {
            if (!lane.idle()) {
                left.add("lane " + lane.key() + " is not idle");
            }
            for (Slot slot : lane.slots) {
                QuotaSnapshot snapshot = slot.quota().snapshot(now);
                if (snapshot.inFlight() != 0 || snapshot.settledTwice() != 0 || slot.running != 0) {
                    left.add("slot of " + slot.upstream().upstream().name() + ": " + snapshot);
                }
            }
        }
        for (TenantState tenant : dispatcher.tenants()) {
            if (tenant.waiting != 0 || tenant.running != 0) {
                left.add("tenant " + tenant.tenant().name() + ": " + tenant.waiting + " wait, " + tenant.running
                        + " run");
            }
            if (tenant.quota() != null && tenant.quota().snapshot(now).inFlight() != 0) {
                left.add("tenant " + tenant.tenant().name() + ": "
                        + tenant.quota().snapshot(now));
            }
        }
        return String.join("; ", left);
    }

    /** The limits that the first provider enforces on the model. */
    List<Limit> limits() {
        return provider().twin.settings().limits().of(MODEL);
    }
}
