package dev.penstock.gateway;

import dev.penstock.gateway.config.BudgetHold;
import dev.penstock.gateway.config.GatewayConfig;
import dev.penstock.gateway.config.QueueSettings;
import dev.penstock.gateway.config.Tenant;
import dev.penstock.gateway.config.TenantBudgets;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.gateway.transport.ApiError;
import dev.penstock.gateway.transport.HostRule;
import dev.penstock.gateway.transport.Inbound;
import dev.penstock.http.UpstreamAddress;
import dev.penstock.http.UpstreamConnections;
import dev.penstock.limit.Cost;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Unit;
import dev.penstock.queue.QueueBounds;
import dev.penstock.quota.BlockedBy;
import dev.penstock.time.Ticker;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.CostCalibration;
import dev.penstock.wire.CostEstimator;
import dev.penstock.wire.Endpoint;
import dev.penstock.wire.MalformedRequestException;
import dev.penstock.wire.ModelFamily;
import dev.penstock.wire.Pricing;
import dev.penstock.wire.RequestFacts;
import dev.penstock.wire.Usage;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a gateway decides and remembers, on its one event loop: it gives the dispatcher a clock, timers and
 * sockets.
 */
final class GatewayLoop {
    /** A turn of the event loop sends no more than this, so that answers are read in between. */
    private static final int SENDS_PER_TURN = 64;

    private static final long TICK_MILLIS = 250;

    private final Vertx vertx;
    private final Context context;
    private final Ticker ticker;
    private final GatewaySettings settings;
    private final GatewayEvents events;
    private final RequestDispatcher<Exchange> dispatcher;
    private final CostCalibration calibration = new CostCalibration();
    private final CostEstimator estimator = new CostEstimator(calibration);
    private final Pricing pricing;
    private final QueueBounds bounds;
    private final HeldBodies bodies;

    /** By address: upstreams of the same place share connections. */
    private final Map<UpstreamAddress, UpstreamConnections> connections = new HashMap<>();

    /** The same by the names of upstreams, as far as they were called. */
    private final Map<String, UpstreamConnections> opened = new HashMap<>();

    private final Map<JoinKey, Exchange> joins = new HashMap<>();

    /** Exchanges by the time they were sent last, which is also the order of their timeouts. */
    private final LinkedHashSet<Exchange> sent = new LinkedHashSet<>();

    private final ArrayDeque<Exchange> keptAlive = new ArrayDeque<>();
    private final BudgetLines heldUp = new BudgetLines();

    /** Tenants with something to be asked for again, which is done once for all that ended in a turn. */
    private final Set<String> freed = new LinkedHashSet<>();

    private final Map<Outcome, Long> endedWhileStopping = new EnumMap<>(Outcome.class);

    private final HostRule hosts;
    private GatewayConfig config;
    private RequestHead.Rules rules;
    private boolean pumping;
    private long wakeTimer = -1;
    private long wakeAt;
    private volatile GatewaySnapshot snapshot;

    GatewayLoop(Vertx vertx, Context context, Ticker ticker, GatewaySettings settings, GatewayEvents events) {
        this.vertx = vertx;
        this.context = context;
        this.ticker = ticker;
        this.settings = settings;
        this.events = events;
        this.config = settings.config();
        this.hosts = new HostRule(settings.host(), Set.of());
        this.rules = rules(config);
        this.pricing = new Pricing(settings.prices());
        this.bounds =
                new QueueBounds(config.queue().maxRequests(), config.queue().maxBytes());
        this.bodies = new HeldBodies(config.queue().maxBytes());
        this.dispatcher = new RequestDispatcher<>(
                config.upstreams(),
                bounds,
                settings.tiers(),
                RandomGeneratorFactory.of("L64X128MixRandom").create(settings.seed()),
                ticker.nanos());
        this.snapshot = Snapshots.of(this, ticker.nanos());
        long unused = vertx.setPeriodic(TICK_MILLIS, tick -> tick());
    }

    private RequestHead.Rules rules(GatewayConfig config) {
        return new RequestHead.Rules(
                hosts,
                config.keys(),
                config.upstreams().stream().anyMatch(upstream -> upstream.key().isEmpty()),
                config.queue(),
                config.keepAlive(),
                config.joinIdentical());
    }

    /** Takes one request of a client. */
    void accept(Inbound inbound) {
        RequestHead head;
        try {
            head = RequestHead.read(inbound, rules);
        } catch (RequestHead.BadHeadException e) {
            inbound.answer(e.error());
            tell(new GatewayEvents.Ended(
                    Outcome.REFUSED_INVALID,
                    "unknown",
                    "",
                    "",
                    Duration.ZERO,
                    Duration.ZERO,
                    0,
                    Optional.empty(),
                    0,
                    e.error().message()));
            return;
        }
        new Exchange(this, inbound, head).begin();
    }

    /** Sends what may be sent now, refuses what is due to be refused, and sets the timer for the rest. */
    void pump() {
        if (pumping) {
            return;
        }
        pumping = true;
        try {
            opened.forEach((upstream, open) -> dispatcher.crowded(upstream, open.crowded()));
            int sends = 0;
            while (true) {
                if (sends == SENDS_PER_TURN) {
                    context.runOnContext(ignored -> pump());
                    return;
                }
                switch (dispatcher.next(ticker.nanos())) {
                    case Step.Send<Exchange> send -> {
                        Exchange exchange = send.flight().item();
                        sends++;
                        sent.addLast(exchange); // a repetition goes to the end
                        exchange.send();
                    }
                    case Step.Refuse<Exchange> refuse -> refuse.flight().item().refuse(refuse.refusal());
                    case Step.GiveUp<Exchange> giveUp -> giveUp.flight().item().giveUp(giveUp.explanation());
                    case Step.Wait<Exchange> wait -> {
                        wakeAt(wait.untilNanos());
                        return;
                    }
                }
            }
        } finally {
            pumping = false;
        }
    }

    private void wakeAt(OptionalLong at) {
        if (wakeTimer >= 0 && at.isPresent() && at.getAsLong() == wakeAt) {
            return;
        }
        if (wakeTimer >= 0) {
            boolean cancelled = vertx.cancelTimer(wakeTimer);
            wakeTimer = cancelled ? -1 : wakeTimer;
        }
        if (at.isPresent()) {
            wakeAt = at.getAsLong();
            long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(wakeAt - ticker.nanos() + 999_999));
            wakeTimer = vertx.setTimer(millis, ignored -> {
                wakeTimer = -1;
                pump();
            });
        }
    }

    private void tick() {
        long now = ticker.nanos();
        while (!sent.isEmpty()) {
            Exchange first = sent.getFirst();
            if (first.running() && first.timeoutAt() - now > 0) {
                break;
            }
            boolean removed = sent.remove(first);
            if (removed && first.running()) {
                first.timedOut();
            }
        }
        for (int i = keptAlive.size(); i > 0; i--) {
            Exchange waiting = keptAlive.remove();
            if (waiting.stillWaiting(now)) {
                keptAlive.add(waiting);
            }
        }
        heldUp.all().forEach(waiting -> waiting.refuseIfBudgetCameTooLate(now));
        // Budgets also begin anew by themselves.
        heldUp.tenants().forEach(this::askBudgetAgain);
        snapshot = Snapshots.of(this, now);
        // Whatever went wrong in a turn of the loop, nobody waits for ever.
        pump();
    }

    /** Exchanges the configuration; nobody who waits or runs is dropped. */
    void reconfigure(GatewayConfig changed) {
        config = changed;
        rules = rules(changed);
        bounds.resize(changed.queue().maxRequests(), changed.queue().maxBytes());
        bodies.resize(changed.queue().maxBytes());
        dispatcher.reconfigure(changed.upstreams(), ticker.nanos());
        Set<UpstreamAddress> named = new HashSet<>();
        changed.upstreams().forEach(upstream -> named.add(UpstreamAddress.of(upstream.baseUrl())));
        opened.clear();
        connections.forEach((address, open) -> {
            if (!named.contains(address)) {
                open.close(); // calls that run there end there
            }
        });
        connections.keySet().retainAll(named);
        pump();
    }

    /** Refuses those that wait and lets nobody in any more. */
    void stop() {
        dispatcher.stop(ticker.nanos());
        heldUp.all().forEach(waiting -> waiting.refuse(Refusals.stopping()));
        pump();
    }

    /** What became of everybody since {@link #stop} was called. */
    Gateway.Stopped stopped() {
        return new Gateway.Stopped(
                endedWhileStopping.getOrDefault(Outcome.ANSWERED, 0L)
                        + endedWhileStopping.getOrDefault(Outcome.FAILED_UPSTREAM, 0L),
                endedWhileStopping.getOrDefault(Outcome.REFUSED_STOPPING, 0L),
                endedWhileStopping.getOrDefault(Outcome.CANCELLED_BY_CLIENT, 0L));
    }

    private void tell(GatewayEvents.Ended ended) {
        if (dispatcher.stopping()) {
            long unused = endedWhileStopping.merge(ended.outcome(), 1L, Long::sum);
        }
        events.ended(ended);
    }

    GatewaySnapshot snapshot() {
        return snapshot;
    }

    RequestDispatcher<Exchange> dispatcher() {
        return dispatcher;
    }

    GatewayConfig config() {
        return config;
    }

    QueueSettings queueSettings() {
        return config.queue();
    }

    TenantBudgets budgets() {
        return settings.budgets();
    }

    Map<JoinKey, Exchange> joins() {
        return joins;
    }

    long now() {
        return ticker.nanos();
    }

    Instant wallNow() {
        return settings.clock().instant();
    }

    UpstreamConnections connections(Upstream upstream) {
        return opened.computeIfAbsent(
                upstream.name(),
                name -> connections.computeIfAbsent(
                        UpstreamAddress.of(upstream.baseUrl()),
                        place -> new UpstreamConnections(
                                vertx, place, ticker, () -> context.runOnContext(later -> pump()))));
    }

    HeldBodies bodies() {
        return bodies;
    }

    BudgetLines heldUp() {
        return heldUp;
    }

    /** It has ended, and nothing is to be remembered of it. */
    void over(Exchange exchange) {
        boolean unused = sent.remove(exchange);
    }

    Upstream upstreamOf(Flight<Exchange> flight) {
        return Objects.requireNonNull(flight.slot).upstream().upstream();
    }

    /** Calls that name no model have limits of their own, where any are known. */
    String familyOfPath(Inbound inbound) {
        if (!inbound.method().equals(HttpMethod.POST)) {
            return "";
        }
        return switch (inbound.path()) {
            case "/v1/files" -> KnownLimits.FILES;
            case "/v1/batches" -> KnownLimits.BATCHES;
            default -> "";
        };
    }

    String family(String model) {
        return ModelFamily.of(model);
    }

    /** Empty where no model is named. */
    private static String family(@Nullable RequestFacts facts) {
        return facts == null ? "" : ModelFamily.of(facts.model());
    }

    boolean mayUse(Tenant tenant, String model) {
        return tenant.mayUse(model);
    }

    Optional<RequestFacts> facts(Endpoint endpoint, Inbound inbound, byte[] body) {
        try {
            return Optional.of(RequestFacts.read(
                    endpoint, inbound.header(HttpHeaders.CONTENT_TYPE).orElse(null), body));
        } catch (MalformedRequestException theUpstreamSaysWhatIsWrong) {
            return Optional.empty();
        }
    }

    Cost cost(RequestFacts facts, byte[] body, LaneKey lane) {
        Cost estimate = estimator.cost(facts);
        // Counting exactly pays only where the estimate decides whether the request can ever fit.
        OptionalLong limit = dispatcher.tokenLimitBelowTwice(lane, estimate.tokens());
        return limit.isPresent() ? estimator.cost(facts, body, limit.getAsLong()) : estimate;
    }

    /** The most tokens that a request may take, as its budget counts them; empty if nothing bounds that. */
    OptionalLong worstTokens(RequestFacts facts, Cost cost) {
        if (!facts.endpoint().countsTokens()) {
            return OptionalLong.empty();
        }
        if (!facts.endpoint().generates() || facts.maxOutputTokens().isPresent()) {
            return OptionalLong.of(cost.tokens()); // the maximum is in it
        }
        OptionalLong output = pricing.mostOutputTokens(facts);
        return output.isPresent() ? OptionalLong.of(cost.tokens() + output.getAsLong()) : output;
    }

    OptionalLong worstNanoDollars(RequestFacts facts, int bodyBytes) {
        return pricing.knows(facts.model()) && pricing.bounds(facts)
                ? OptionalLong.of(pricing.worstCaseNanoDollars(facts, bodyBytes))
                : OptionalLong.empty();
    }

    /**
     * @param lost attempts that broke off before the answer came: each is taken to have cost what the answer did
     */
    void settleBudget(
            Tenant tenant,
            BudgetHold hold,
            boolean mayHaveCost,
            @Nullable RequestFacts facts,
            @Nullable Usage usage,
            int lost) {
        if (usage != null && facts != null) {
            long times = 1L + lost;
            long nanoDollars = Pricing.nanoDollarsRoundedUp(
                    pricing.picoDollars(facts.model(), usage).orElse(0));
            budgets().settle(hold, times * (usage.inputTokens() + usage.outputTokens()), times * nanoDollars);
        } else if (mayHaveCost) {
            budgets().settleAtWorst(hold);
        } else {
            budgets().settle(hold, 0, 0);
        }
        if (heldUp.isWaiting(tenant.name())) {
            if (freed.isEmpty()) {
                context.runOnContext(later -> askFreedBudgets());
            }
            freed.add(tenant.name());
        }
    }

    private void askFreedBudgets() {
        List<String> tenants = List.copyOf(freed);
        freed.clear();
        tenants.forEach(this::askBudgetAgain);
        pump();
    }

    /** In the order in which they came; a large one is not overtaken by small ones for ever. */
    private void askBudgetAgain(String tenant) {
        Optional<Exchange> first = heldUp.first(tenant);
        while (first.isPresent() && first.get().askBudgetAgain()) {
            first = heldUp.first(tenant);
        }
    }

    /** What refusals tell of how the provider counts. */
    void learn(@Nullable RequestFacts facts, Verdict verdict) {
        if (facts != null
                && verdict instanceof Verdict.Throttled throttled
                && throttled.exceeded().dimension().map(Dimension::unit).equals(Optional.of(Unit.TOKENS))
                && throttled.exceeded().requested().isPresent()) {
            calibration.observeRequested(facts, throttled.exceeded().requested().getAsLong());
        }
    }

    void keepAlive(Exchange exchange) {
        keptAlive.add(exchange);
    }

    void upstreamSaid(String upstream, Flight<Exchange> flight, Verdict verdict, Decision decision) {
        String family = flight.ask().lane().family();
        if (verdict instanceof Verdict.Throttled || verdict instanceof Verdict.SlowDown) {
            events.refusedByUpstream(upstream, family);
        } else if (verdict instanceof Verdict.Transient && decision instanceof Decision.Again) {
            events.retried(upstream, family);
        }
    }

    ApiError error(Refusal refusal) {
        int status = switch (refusal.outcome()) {
            case REFUSED_DEADLINE, REFUSED_QUEUE_FULL, REFUSED_BUDGET, REFUSED_TOO_LARGE -> 429;
            case REFUSED_STOPPING, FAILED_UPSTREAM -> 503;
            case REFUSED_INVALID ->
                switch (refusal.code()) {
                    case "request_body_too_large" -> 413;
                    case "model_not_allowed", "endpoint_not_allowed" -> 403;
                    case "model_not_served" -> 404;
                    default -> 400;
                };
            case ANSWERED, CANCELLED_BY_CLIENT -> 502;
        };
        String type = switch (status) {
            case 429 -> refusal.outcome() == Outcome.REFUSED_BUDGET ? "insufficient_quota" : "rate_limit_error";
            case 503, 502 -> "server_error";
            default -> "invalid_request_error";
        };
        ApiError error =
                ApiError.of(status, type, refusal.code(), refusal.message()).shouldRetry(refusal.shouldRetry());
        return refusal.retryAfter().map(error::retryAfter).orElse(error);
    }

    void joinedEnded(Outcome outcome, RequestHead head, @Nullable RequestFacts facts, Inbound follower) {
        Duration took = Duration.ofNanos(ticker.nanos() - follower.arrivedNanos());
        tell(new GatewayEvents.Ended(
                outcome, head.tenant().name(), family(facts), "", took, Duration.ZERO, 0, Optional.empty(), 0, ""));
    }

    void ended(
            Outcome outcome,
            RequestHead head,
            @Nullable RequestFacts facts,
            String upstream,
            @Nullable Flight<Exchange> flight,
            long arrivedNanos,
            @Nullable Usage usage,
            String why) {
        long now = ticker.nanos();
        // A model that may not be used has a name of the client's own making, which is not repeated.
        String named = outcome == Outcome.REFUSED_INVALID ? "" : family(facts);
        String family = flight == null ? named : flight.ask().lane().family();
        long ran = flight != null && flight.sendings() > 0 ? now - flight.firstSentAt : 0;
        long waited = flight == null ? now - arrivedNanos : flight.waitedNanos();
        long pico = facts == null || usage == null
                ? 0
                : pricing.picoDollars(facts.model(), usage).orElse(0);
        tell(new GatewayEvents.Ended(
                outcome,
                head.tenant().name(),
                family,
                upstream,
                Duration.ofNanos(waited),
                Duration.ofNanos(ran),
                flight == null ? 0 : flight.sendings(),
                Optional.ofNullable(usage),
                pico,
                why));
    }

    /** What keeps a lane waiting, for people. */
    Optional<String> blockedBy(Slot slot) {
        return Optional.ofNullable(slot.blockedBy).map(BlockedBy::explanation);
    }
}
