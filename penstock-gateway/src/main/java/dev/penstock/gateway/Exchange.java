package dev.penstock.gateway;

import dev.penstock.gateway.config.BudgetDecision;
import dev.penstock.gateway.config.BudgetHold;
import dev.penstock.gateway.config.Tenant;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.gateway.transport.AnswerHead;
import dev.penstock.gateway.transport.ApiError;
import dev.penstock.gateway.transport.CallFailure;
import dev.penstock.gateway.transport.Collected;
import dev.penstock.gateway.transport.FirstEvent;
import dev.penstock.gateway.transport.Inbound;
import dev.penstock.gateway.transport.OutboundHeaders;
import dev.penstock.gateway.transport.OutboundRequest;
import dev.penstock.gateway.transport.RequestBody;
import dev.penstock.gateway.transport.TailBuffer;
import dev.penstock.gateway.transport.UpstreamCall;
import dev.penstock.limit.Cost;
import dev.penstock.limit.LimitState;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.AnswerBody;
import dev.penstock.wire.Endpoint;
import dev.penstock.wire.HeaderLookup;
import dev.penstock.wire.RateLimitHeaders;
import dev.penstock.wire.RequestFacts;
import dev.penstock.wire.StreamUsage;
import dev.penstock.wire.Usage;
import dev.penstock.wire.VerdictReader;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One request from its head to its end: what comes from the client goes to the dispatcher, what the dispatcher decides
 * goes to the upstream, and what the upstream says back to both. Ends exactly once. Owned by the event loop.
 */
final class Exchange implements UpstreamCall.Listener {
    /** An answer up to this size is held until it is whole, so that one that breaks off can be asked for again. */
    private static final int MOST_HELD_ANSWER_BYTES = 1 << 20;

    /** Names are remembered, and no model has a longer one. */
    private static final int MOST_MODEL_CHARS = 256;

    private static final int MOST_ERROR_BYTES = 256 << 10;
    private static final int OK = 200;
    private static final int TAIL_BYTES = 64 << 10;

    /** Those who wait for another's answer are not in the queue and so not in its bounds; more go their own way. */
    private static final int MOST_JOINED = 1_000;

    private static final Buffer STILL_WAITING = Buffer.buffer(": waiting\n\n");
    /** Bodies do not come in the order of their heads: deadlines may be in disorder by this. */
    private static final Duration SAME_PATIENCE = Duration.ofMillis(100);

    private static final Duration HELD_UP_RETRY = Duration.ofSeconds(1);
    private static final byte[] NO_BYTES = {};

    private final GatewayLoop gateway;
    private final RequestHead head;
    private Inbound inbound;

    /** Others that asked the same and get the same answer; most requests have none. */
    private @Nullable ArrayDeque<Exchange> joined;

    /** An answer that came whole. */
    private @Nullable Buffer held;

    private @Nullable RequestFacts facts;
    private OutboundRequest.Body body = new OutboundRequest.Body.None();
    private long heldBytes;
    private @Nullable Flight<Exchange> flight;
    private @Nullable BudgetHold budget;
    private @Nullable UpstreamCall call;
    private @Nullable AnswerHead answer;
    private @Nullable TailBuffer tail;
    private boolean settled;
    private boolean ended;

    /** Whether the client's answer was begun as a stream of our own comments. */
    private boolean eventsBegun;

    /** Whether the upstream's answer is being passed on, after which the request cannot be repeated. */
    private boolean passing;

    /** Attempts that broke off and may be on the bill all the same. */
    private int lost;

    /** Whether an attempt may have been paid for of which nobody told the usage. */
    private boolean mayHaveCost;

    /** What it waits for the tenant's budget with; absent if it does not. */
    private @Nullable Entry entry;

    private String heldUpBy = "";
    private long lastSignOfLife;
    private long timeoutAt;
    private @Nullable Usage usage;
    private String lastUpstream = "";
    private String explanation = "";
    private @Nullable JoinKey joinKey;

    /**
     * What is known of a request when its body is.
     *
     * @param bytes held while it waits
     * @param repeatable whether it can be sent again
     * @param worstTokens the most that it can take; empty if nothing bounds that
     * @param worstNanoDollars the most that it can cost; empty if nothing bounds that
     */
    private record Entry(
            LaneKey lane,
            Cost cost,
            long bytes,
            boolean repeatable,
            OptionalLong worstTokens,
            OptionalLong worstNanoDollars) {}

    Exchange(GatewayLoop gateway, Inbound inbound, RequestHead head) {
        this.gateway = gateway;
        this.inbound = inbound;
        this.head = head;
        this.lastSignOfLife = inbound.arrivedNanos();
    }

    void begin() {
        Inbound client = inbound;
        client.onGone(() -> gone(client));
        if (ended) {
            return;
        }
        int most = gateway.queueSettings().maxBodyBytes();
        OptionalLong length = inbound.bodyLength();
        if (!inbound.hasBody()) {
            arrive(NO_BYTES, true);
        } else if (head.endpoint().isPresent() || (length.isPresent() && length.getAsLong() <= most)) {
            inbound.readWhole(most, this::hold).onSuccess(this::read);
        } else {
            // Too long or of unknown length, and not to be understood here: it goes through as it comes, once.
            body = new OutboundRequest.Body.Piped(inbound);
            arrive(NO_BYTES, false);
        }
    }

    /** What has come counts, and not what is announced: that costs a client nothing. */
    private boolean hold(int bytes) {
        boolean room = gateway.bodies().tryTake(bytes);
        heldBytes += room ? bytes : 0;
        return room;
    }

    private void letGoOfBody() {
        gateway.bodies().giveBack(heldBytes);
        heldBytes = 0;
        body = new OutboundRequest.Body.None();
    }

    private void read(RequestBody read) {
        switch (read) {
            case RequestBody.Whole whole -> {
                body = new OutboundRequest.Body.Bytes(whole.bytes());
                arrive(head.endpoint().isPresent() ? whole.bytes().getBytes() : NO_BYTES, true);
            }
            case RequestBody.TooLarge large ->
                refuse(Refusals.bodyTooLarge(gateway.queueSettings().maxBodyBytes()));
            case RequestBody.NoRoom none -> refuse(Refusals.noRoomForBody(gateway.bodies()));
            case RequestBody.Broken broken -> {} // the client is gone, and that was told
        }
    }

    private void arrive(byte[] bytes, boolean repeatable) {
        if (ended) {
            return;
        }
        Cost cost = new Cost(1, 0, 0);
        String family = gateway.familyOfPath(inbound);
        long bodyBytes =
                body instanceof OutboundRequest.Body.Bytes held ? held.bytes().length() : 0;
        Tenant tenant = head.tenant();
        boolean bounded = !tenant.models().isEmpty() || tenant.budget().isPresent();
        if (bounded && head.endpoint().isEmpty() && !asksForModels()) {
            refuse(Refusals.endpointNotAllowed(tenant));
            return;
        }
        if (head.endpoint().isPresent()) {
            Optional<RequestFacts> read = gateway.facts(head.endpoint().get(), inbound, bytes);
            if (read.isPresent()) {
                if (read.get().model().length() > MOST_MODEL_CHARS) {
                    refuse(Refusals.modelNameTooLong(read.get().model().length(), MOST_MODEL_CHARS));
                    return;
                }
                facts = read.get();
                family = gateway.family(read.get().model());
                if (!gateway.mayUse(tenant, read.get().model())) {
                    refuse(Refusals.modelNotAllowed(tenant));
                    return;
                }
                cost = gateway.cost(read.get(), bytes, new LaneKey(head.account(), family));
            } else if (bounded) {
                refuse(Refusals.unreadable(tenant));
                return;
            }
        }
        LaneKey lane = new LaneKey(head.account(), family);
        if (tryToJoin(lane, bytes)) {
            return;
        }
        OptionalLong worst = OptionalLong.of(0);
        OptionalLong worstTokens = OptionalLong.of(cost.tokens());
        if (facts != null && head.tenant().budget().isPresent()) {
            worst = gateway.worstNanoDollars(facts, bytes.length);
            worstTokens = gateway.worstTokens(facts, cost);
        }
        Entry arrived = new Entry(lane, cost, bodyBytes, repeatable, worstTokens, worst);
        if (head.tenant().budget().isEmpty()) {
            enter(arrived);
        } else if (gateway.heldUp().isWaiting(head.tenant().name()) || !setBudgetAside(arrived)) {
            waitForBudget(arrived);
        }
        if (!ended && head.keepAlive().isPresent() && wantsStream()) {
            gateway.keepAlive(this);
        }
        gateway.pump();
    }

    /** Lets it into the queue for quota. */
    private void enter(Entry arriving) {
        long arrived = inbound.arrivedNanos();
        Ask ask = new Ask(
                head.tenant(),
                head.priority(),
                arriving.lane(),
                arriving.cost(),
                arriving.bytes(),
                arrived,
                deadlineNanos(),
                mostAttempts(),
                arriving.repeatable(),
                head.patienceGiven());
        switch (gateway.dispatcher().arrive(this, ask, gateway.now())) {
            case RequestDispatcher.Arrived.Queued<Exchange> queued -> flight = queued.flight();
            case RequestDispatcher.Arrived.Refused<Exchange> refused -> refuse(refused.refusal());
        }
    }

    private int mostAttempts() {
        return RequestHead.mayBeRepeatedAfterFault(inbound, head.endpoint())
                ? Math.max(1, gateway.queueSettings().maxAttempts() - head.retriesBefore())
                : 1;
    }

    private long deadlineNanos() {
        return inbound.arrivedNanos() + head.patience().toNanos();
    }

    private boolean asksForModels() {
        String path = inbound.path();
        return inbound.method().equals(HttpMethod.GET) && (path.equals("/v1/models") || path.startsWith("/v1/models/"));
    }

    private boolean wantsStream() {
        RequestFacts read = facts;
        return read != null && read.stream();
    }

    private boolean tryToJoin(LaneKey lane, byte[] bytes) {
        if (!head.join() || head.endpoint().isEmpty() || facts == null || wantsStream()) {
            return false;
        }
        JoinKey key = JoinKey.of(head.tenant().name(), lane, inbound.targetBelowV1(), bytes);
        Exchange leader = gateway.joins().putIfAbsent(key, this);
        if (leader == null) {
            joinKey = key;
            return false;
        }
        if (leader.deadlineNanos() - deadlineNanos() > SAME_PATIENCE.toNanos()) {
            return false; // it would wait for somebody with more patience
        }
        if (leader.joinedBy() >= MOST_JOINED) {
            return false;
        }
        Inbound follower = inbound;
        leader.join(this);
        letGoOfBody(); // it is not sent
        ended = true; // what happens to it from here on is the leader's business
        follower.onGone(() -> {
            boolean waited = leader.leave(this);
            if (waited) {
                gateway.joinedEnded(Outcome.CANCELLED_BY_CLIENT, head, leader.facts, follower);
            } else {
                leader.gone(follower);
            }
        });
        return true;
    }

    private void join(Exchange follower) {
        ArrayDeque<Exchange> others = joined;
        if (others == null) {
            others = new ArrayDeque<>(2);
            joined = others;
        }
        others.add(follower);
    }

    private boolean leave(Exchange follower) {
        ArrayDeque<Exchange> others = joined;
        return others != null && others.remove(follower);
    }

    private int joinedBy() {
        ArrayDeque<Exchange> others = joined;
        return others == null ? 0 : others.size();
    }

    private @Nullable Exchange nextJoined() {
        ArrayDeque<Exchange> others = joined;
        return others == null ? null : others.poll();
    }

    /** Whoever it was joined to is refused: it may have more patience, and is decided upon by itself. */
    private void goOnAlone(OutboundRequest.Body same) {
        if (!(same instanceof OutboundRequest.Body.Bytes held)) {
            throw new IllegalStateException("requests are joined by their bodies, and this one has none");
        }
        Inbound client = inbound;
        ended = false;
        body = same;
        heldBytes = held.bytes().length();
        gateway.bodies().take(heldBytes);
        client.onGone(() -> gone(client));
        arrive(held.bytes().getBytes(), true);
    }

    /** Returns whether its wait for the budget is over, in whatever way. */
    private boolean setBudgetAside(Entry arriving) {
        return switch (gateway.budgets()
                .setAside(head.tenant(), arriving.worstTokens(), arriving.worstNanoDollars(), gateway.wallNow())) {
            case BudgetDecision.Within within -> {
                budget = within.aside();
                leaveBudgetLine();
                enter(arriving);
                yield true;
            }
            case BudgetDecision.HeldUp held -> {
                heldUpBy = held.explanation();
                yield false;
            }
            case BudgetDecision.Spent spent -> {
                refuse(Refusals.budget(spent.explanation(), spent.retryIn()));
                yield true;
            }
        };
    }

    private void waitForBudget(Entry arriving) {
        if (gateway.dispatcher().stopping()) {
            refuse(Refusals.stopping());
        } else if (deadlineNanos() - gateway.now() <= 0) {
            refuse(heldUp());
        } else if (gateway.dispatcher().bounds().tryEnter(arriving.bytes())) {
            entry = arriving;
            gateway.heldUp().add(this);
        } else {
            refuse(Refusals.queueFull(gateway.dispatcher().bounds(), 0));
        }
    }

    /** Asks again whether the budget allows it. Returns whether its wait is over. */
    boolean askBudgetAgain() {
        Entry waiting = entry;
        return waiting == null || setBudgetAside(waiting);
    }

    void refuseIfBudgetCameTooLate(long now) {
        if (entry != null && deadlineNanos() - now <= 0) {
            refuse(heldUp());
        }
    }

    private void leaveBudgetLine() {
        Entry waiting = entry;
        if (waiting != null) {
            entry = null;
            gateway.heldUp().remove(this);
            gateway.dispatcher().bounds().leave(waiting.bytes());
        }
    }

    private Refusal heldUp() {
        String why = heldUpBy.isEmpty() ? "other requests of it wait before this one" : heldUpBy;
        return Refusals.budget(why, Optional.of(HELD_UP_RETRY));
    }

    String tenantName() {
        return head.tenant().name();
    }

    /** Sends one attempt. */
    void send() {
        Flight<Exchange> sent = flight();
        Upstream upstream = gateway.upstreamOf(sent);
        lastUpstream = upstream.name();
        settled = false;
        passing = false;
        answer = null;
        held = null;
        tail = null;
        timeoutAt = gateway.now() + gateway.queueSettings().timeout().toNanos();
        OutboundHeaders headers = inbound.outboundHeaders().with(ownHeaders(upstream));
        call = new UpstreamCall(
                gateway.connections(upstream),
                new OutboundRequest(inbound.method(), inbound.targetBelowV1(), headers, body),
                this);
        call.send();
    }

    private Map<String, String> ownHeaders(Upstream upstream) {
        Map<String, String> own = new LinkedHashMap<>();
        if (upstream.key().isPresent()) {
            own.put("Authorization", "Bearer " + upstream.key().get().reveal());
            own.put("OpenAI-Organization", upstream.organization().orElse(""));
            own.put("OpenAI-Project", upstream.project().orElse(""));
        } else {
            upstream.organization().ifPresent(text -> own.put("OpenAI-Organization", text));
            upstream.project().ifPresent(text -> own.put("OpenAI-Project", text));
        }
        if (head.endpoint().isPresent()) {
            // So that errors and usage can be read.
            own.put("Accept-Encoding", "identity");
        }
        return own;
    }

    @Override
    public void head(AnswerHead answered) {
        UpstreamCall current = call();
        answer = answered;
        boolean accepted = answered.status() >= 200 && answered.status() < 300;
        if (!accepted && answered.status() >= 400) {
            current.collect(MOST_ERROR_BYTES, collected -> errorRead(answered, collected));
        } else if (accepted && head.endpoint().isPresent() && answered.isEventStream()) {
            gateway.dispatcher().observed(flight(), states(answered), gateway.now());
            current.firstEvent(event -> streamBegun(answered, event));
        } else if (accepted && isJson(answered) && head.endpoint().isPresent()) {
            current.collect(MOST_HELD_ANSWER_BYTES, collected -> answerRead(answered, collected));
        } else {
            gateway.dispatcher().observed(flight(), states(answered), gateway.now());
            passOn(false);
        }
    }

    private void errorRead(AnswerHead answered, Collected collected) {
        held = collected instanceof Collected.Whole whole ? whole.body() : null;
        byte[] bytes = held == null ? NO_BYTES : held.getBytes();
        Verdict verdict = VerdictReader.read(answered.status(), lookup(answered), bytes);
        settle(verdict, states(answered));
    }

    private void answerRead(AnswerHead answered, Collected collected) {
        Endpoint endpoint = head.endpoint().orElseThrow();
        if (collected instanceof Collected.Whole whole) {
            held = whole.body();
            usage = answered.status() == OK
                    ? AnswerBody.usage(endpoint, whole.body().getBytes()).orElse(null)
                    : null;
            // What is whole by its own framing is passed on even if it is not what the endpoint usually answers.
            settle(new Verdict.Accepted(), states(answered));
        } else {
            gateway.dispatcher().observed(flight(), states(answered), gateway.now());
            passOn(false);
        }
    }

    private void streamBegun(AnswerHead answered, FirstEvent event) {
        Optional<Verdict> trouble = event instanceof FirstEvent.Seen seen
                ? VerdictReader.readStreamEvent(lookup(answered), seen.data().getBytes(StandardCharsets.UTF_8))
                : Optional.empty();
        if (trouble.isPresent()) {
            settle(trouble.get(), states(answered));
        } else {
            tail = new TailBuffer(TAIL_BYTES);
            passOn(false);
        }
    }

    /** Ends the attempt and does what the dispatcher makes of it. */
    private void settle(Verdict verdict, List<LimitState> states) {
        settled = true;
        if (Faults.mayCost(verdict)) {
            mayHaveCost = true;
            lost += verdict instanceof Verdict.Accepted ? 0 : 1;
        }
        gateway.learn(facts, verdict);
        Decision decision = gateway.dispatcher().settled(flight(), verdict, states, answerBegun(), gateway.now());
        gateway.upstreamSaid(lastUpstream, flight(), verdict, decision);
        switch (decision) {
            case Decision.PassOn passedOn -> {
                if (verdict instanceof Verdict.Accepted) {
                    passOn(false);
                } else {
                    passOnFailure(verdict, passedOn.why());
                }
            }
            case Decision.Again again -> dropCall();
            case Decision.Refuse refused -> {
                dropCall();
                refuse(refused.refusal());
            }
        }
        gateway.pump();
    }

    /** Whether the client has seen a part of the upstream's answer. */
    private boolean answerBegun() {
        return inbound.headSent() && (passing || !eventsBegun);
    }

    private void passOnFailure(Verdict verdict, String why) {
        if (eventsBegun && !passing) {
            Optional<Buffer> said = errorEvent();
            dropCall();
            if (said.isPresent()) {
                inbound.endEvents(said.get());
            } else {
                inbound.answer(ApiError.of(Faults.statusOf(verdict), "upstream_error", Faults.codeOf(verdict), why));
            }
            end(Outcome.FAILED_UPSTREAM, why);
        } else if (answer != null && call != null && !inbound.headSent()) {
            explanation = why;
            passOn(true);
        } else {
            dropCall();
            ApiError error = ApiError.of(Faults.statusOf(verdict), "upstream_error", Faults.codeOf(verdict), why)
                    .shouldRetry(false);
            if (inbound.headSent()) {
                inbound.cut();
            } else {
                inbound.answer(error);
            }
            refuseJoined(error);
            end(Outcome.FAILED_UPSTREAM, why);
        }
    }

    /** What the upstream said, where a stream has begun already and it cannot be an answer of its own. */
    private Optional<Buffer> errorEvent() {
        Buffer said = held;
        if (answer == null || said == null || said.length() == 0 || said.getByte(0) != '{') {
            return Optional.empty();
        }
        // Line breaks in JSON are only between its tokens, and an event's data ends at one.
        String line = said.toString(StandardCharsets.UTF_8)
                .replace('\r', ' ')
                .replace('\n', ' ')
                .strip();
        return Optional.of(Buffer.buffer("event: error\ndata: " + line + "\n\n"));
    }

    private void passOn(boolean failure) {
        Map<String, String> added = new LinkedHashMap<>();
        added.put("x-penstock-queue-ms", String.valueOf(TimeUnit.NANOSECONDS.toMillis(flight().waitedNanos())));
        added.put("x-penstock-attempts", String.valueOf(flight().sendings()));
        if (failure && head.endpoint().isPresent()) {
            // What could be gained by repeating it has been tried here.
            added.put("x-should-retry", "false");
        }
        passing = true;
        nobodyElseJoins();
        answerJoined(added);
        TailBuffer kept = tail;
        call().passOn(inbound, added, piece -> {
            if (kept != null) {
                kept.add(piece);
            }
        });
    }

    private void answerJoined(Map<String, String> added) {
        AnswerHead answered = answer;
        Buffer whole = held;
        if (joined == null || joined.isEmpty() || answered == null) {
            return;
        }
        if (whole == null) {
            refuseJoined(ApiError.of(
                    502,
                    "upstream_error",
                    "joined_answer_too_long",
                    "The answer to the request that this one was joined to is too long to be shared. Send it without "
                            + RequestHead.JOIN + "."));
            return;
        }
        Map<String, String> headers = new LinkedHashMap<>(added);
        headers.put("x-penstock-joined", "true");
        String type = answered.headers().get(HttpHeaders.CONTENT_TYPE);
        if (type != null) {
            headers.put("content-type", type);
        }
        boolean failure = answered.status() >= 400;
        for (Exchange follower = nextJoined(); follower != null; follower = nextJoined()) {
            follower.inbound.answer(answered.status(), headers, whole);
            gateway.joinedEnded(failure ? Outcome.FAILED_UPSTREAM : Outcome.ANSWERED, head, facts, follower.inbound);
        }
    }

    private void refuseJoined(ApiError error) {
        for (Exchange follower = nextJoined(); follower != null; follower = nextJoined()) {
            follower.inbound.answer(error);
            gateway.joinedEnded(Outcome.FAILED_UPSTREAM, head, facts, follower.inbound);
        }
    }

    @Override
    public void failed(CallFailure failure) {
        Verdict verdict = new Verdict.Transient(failure.fault(), Optional.empty(), failure.explanation());
        passing = failure.passedOn();
        if (!settled) {
            answer = null;
            settle(verdict, List.of());
        } else {
            end(Outcome.FAILED_UPSTREAM, failure.explanation());
        }
    }

    @Override
    public void passedOn() {
        // What was settled before has been looked at then.
        boolean freesRoom = !settled;
        if (freesRoom) {
            settled = true;
            TailBuffer kept = tail;
            if (kept != null) {
                usage = StreamUsage.find(kept.bytes()).orElse(null);
            }
            mayHaveCost = true;
            gateway.dispatcher().answered(flight(), List.of(), gateway.now());
        }
        AnswerHead answered = answer;
        boolean failure = answered != null && answered.status() >= 400;
        end(failure ? Outcome.FAILED_UPSTREAM : Outcome.ANSWERED, failure ? explanation : "");
        if (freesRoom) {
            gateway.pump();
        }
    }

    /** The attempt took too long. */
    void timedOut() {
        UpstreamCall running = call;
        if (ended || running == null || running.over()) {
            return;
        }
        running.cancel();
        String why = "The upstream gave no complete answer within "
                + gateway.queueSettings().timeout().toSeconds() + " s.";
        if (settled) {
            inbound.cut();
            end(Outcome.FAILED_UPSTREAM, why);
            return;
        }
        answer = null;
        call = null;
        boolean headSent = answerBegun();
        settle(new Verdict.Transient(Verdict.Fault.TIMEOUT, Optional.empty(), why), List.of());
        if (headSent) {
            inbound.cut();
        }
    }

    long timeoutAt() {
        return timeoutAt;
    }

    boolean running() {
        UpstreamCall running = call;
        return !ended && running != null && !running.over();
    }

    /** Tells a waiting stream that it still waits. Returns whether it is to be told again. */
    boolean stillWaiting(long now) {
        Flight<Exchange> waiting = flight;
        if (ended || answerBegun()) {
            return false;
        }
        if (waiting != null && waiting.phase == Flight.Phase.RUNNING && answer != null) {
            return true; // the first event is on its way
        }
        if (now - lastSignOfLife >= head.keepAlive().orElseThrow().toNanos()) {
            lastSignOfLife = now;
            if (!eventsBegun) {
                eventsBegun = true;
                inbound.beginEvents(Map.of());
            }
            inbound.event(STILL_WAITING);
        }
        return true;
    }

    /** Answers with a refusal of our own. */
    void refuse(Refusal refusal) {
        if (ended) {
            return;
        }
        inbound.answer(gateway.error(refusal));
        OutboundRequest.Body same = body;
        end(refusal.outcome(), refusal.message());
        for (Exchange follower = nextJoined(); follower != null; follower = nextJoined()) {
            follower.goOnAlone(same);
        }
    }

    /** The dispatcher gave it up while it waited. */
    void giveUp(String why) {
        if (ended) {
            return;
        }
        ApiError error =
                ApiError.of(502, "upstream_error", "upstream_failed", why).shouldRetry(false);
        inbound.answer(error);
        refuseJoined(error);
        end(Outcome.FAILED_UPSTREAM, why);
    }

    private void gone(Inbound who) {
        if (ended || who != inbound) {
            return;
        }
        Exchange next = inbound.headSent() ? null : nextJoined();
        if (next != null) {
            gateway.joinedEnded(Outcome.CANCELLED_BY_CLIENT, head, facts, who);
            inbound = next.inbound; // others wait for the same answer
            return;
        }
        Flight<Exchange> left = flight;
        UpstreamCall running = call;
        if (running != null) {
            running.cancel();
        }
        if (left != null) {
            mayHaveCost |= left.phase == Flight.Phase.RUNNING;
            gateway.dispatcher().gone(left, gateway.now());
        }
        end(Outcome.CANCELLED_BY_CLIENT, "");
        gateway.pump();
    }

    private void dropCall() {
        UpstreamCall over = call;
        if (over != null) {
            over.cancel();
            call = null;
        }
    }

    private void end(Outcome outcome, String why) {
        if (ended) {
            return;
        }
        ended = true;
        letGoOfBody();
        nobodyElseJoins();
        leaveBudgetLine();
        BudgetHold aside = budget;
        Flight<Exchange> last = flight;
        if (aside != null) {
            gateway.settleBudget(head.tenant(), aside, mayHaveCost, facts, usage, lost);
        }
        gateway.over(this);
        gateway.ended(outcome, head, facts, lastUpstream, last, inbound.arrivedNanos(), usage, why);
    }

    private void nobodyElseJoins() {
        JoinKey key = joinKey;
        if (key != null) {
            joinKey = null;
            if (!gateway.joins().remove(key, this)) {
                throw new IllegalStateException("a request that leads others was not known as such");
            }
        }
    }

    private Flight<Exchange> flight() {
        Flight<Exchange> known = flight;
        if (known == null) {
            throw new IllegalStateException("the request has not been let in");
        }
        return known;
    }

    private UpstreamCall call() {
        UpstreamCall known = call;
        if (known == null) {
            throw new IllegalStateException("nothing was sent");
        }
        return known;
    }

    private static List<LimitState> states(AnswerHead answered) {
        return RateLimitHeaders.read(lookup(answered));
    }

    private static HeaderLookup lookup(AnswerHead answered) {
        return answered.headers()::get;
    }

    private static boolean isJson(AnswerHead answered) {
        String type = answered.headers().get(HttpHeaders.CONTENT_TYPE);
        return type != null && type.toLowerCase(Locale.ROOT).startsWith("application/json");
    }
}
