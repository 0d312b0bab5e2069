package dev.penstock.emulator;

import dev.penstock.emulator.limiter.ConcurrencyCap;
import dev.penstock.emulator.limiter.LimitVector;
import dev.penstock.limit.Cost;
import dev.penstock.limit.Dimension;
import dev.penstock.wire.HeaderLookup;
import dev.penstock.wire.ModelFamily;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The provider's side of the wire without sockets or a clock: told what arrives when, it answers as the API would.
 * Limits, errors, faults, latencies and answers follow from the settings, the seed and the requests alone; a request's
 * own fate depends on its content and on how often it came before, not on what else is going on.
 *
 * <p>Times are monotonic nanoseconds with any origin; the first time it is told is its start. Not safe for use by
 * several threads: one owner drives it. Files that clients upload are kept in a directory for temporary files until
 * {@link #close}; a twin that nobody sends files needs no close.
 */
public final class Twin implements AutoCloseable {
    /** Names are the client's choice: without a bound, each new one would cost memory. */
    private static final int MOST_FAMILIES = 1_000;

    private static final Duration DAY = Duration.ofDays(1);

    private final TwinSettings settings;
    private final long seed;
    private final @Nullable ConcurrencyCap cap;
    private final Map<String, Family> families = new HashMap<>();
    private final Map<String, Family> familyOfModel = new HashMap<>();
    private final SeenRequests seen;
    private final AskRules rules;
    private final AnswerPlanner planner;
    private final AnswerWriter answers = new AnswerWriter();
    private final BatchApi batches;
    private Tally tally = new Tally();
    private boolean started;
    private long startNanos;
    private long ledgerStartNanos;
    private long requestNumber;

    /**
     * A twin with full quotas and an empty ledger.
     *
     * @param seed the same seed and the same arrivals give the same answers
     */
    public Twin(TwinSettings settings, long seed) {
        this(settings, seed, BatchBounds.DOCUMENTED);
    }

    /** A twin whose files and batches have bounds that a test reaches. */
    Twin(TwinSettings settings, long seed, BatchBounds bounds) {
        this.settings = settings;
        this.seed = seed;
        this.rules = new AskRules(settings);
        this.planner = new AnswerPlanner(settings, seed);
        this.cap = settings.concurrency().isPresent()
                ? new ConcurrencyCap(settings.concurrency().getAsInt())
                : null;
        this.seen = new SeenRequests(settings.rememberedRequests());
        this.batches = new BatchApi(settings, seed, bounds, answers, seen);
    }

    public TwinSettings settings() {
        return settings;
    }

    /**
     * A request arrives.
     *
     * @param method in upper case
     * @param path with the leading slash; only lists of files and batches look at its query
     * @param headers of the request; only {@code Content-Type} is read, and {@code Authorization} when the settings
     *     demand a key
     * @param body as sent; empty for none. Not kept and not changed
     */
    public Arrival arrive(String method, String path, HeaderLookup headers, byte[] body, long nowNanos) {
        start(nowNanos);
        requestNumber++;
        int query = path.indexOf('?');
        String plainPath = query < 0 ? path : path.substring(0, query);
        Route route = Route.of(plainPath);
        if (route == null && BatchApi.owns(plainPath)) {
            return batchCall(method, plainPath, query < 0 ? "" : path.substring(query + 1), headers, body, nowNanos);
        }
        if (route == null) {
            return elsewhere(method, plainPath, headers);
        }
        tally.arrived(nowNanos - ledgerStartNanos);
        if (!method.equals("POST")) {
            return invalid(
                    405,
                    "Not allowed to " + method + " on " + plainPath
                            + ". (HINT: Perhaps you meant to use a different HTTP" + " method?)",
                    null,
                    "method_not_supported");
        }
        Arrival.@Nullable Refused unauthorized = unauthorized(headers);
        if (unauthorized != null) {
            return unauthorized;
        }
        Ask ask;
        try {
            ask = Ask.read(route, headers.first("content-type"), body);
        } catch (IOException e) {
            return invalid(AskRules.NOT_JSON);
        }
        AskRules.Wrong wrong = rules.check(route, ask);
        return wrong != null ? invalid(wrong) : limited(route, ask, body, nowNanos);
    }

    /**
     * An admitted request is done: its answer was handed out, or broke. Releases its slot and settles its charge. A
     * second call for the same ticket does nothing.
     */
    public void finished(Ticket ticket, long nowNanos) {
        if (!ticket.settle()) {
            return;
        }
        start(nowNanos);
        leave();
        Family family = ticket.family;
        switch (ticket.outcome) {
            case Outcome.Answer answer -> {
                tally.answered(
                        ticket.outputTokens,
                        Math.max(0, nowNanos - ticket.admittedNanos),
                        Math.max(0, nowNanos - ledgerStartNanos));
                seen.answered(ticket.requestHash);
                batches.answeredLive(ticket.requestHash);
                if (settings.refund() && ticket.charged.tokens() > 0) {
                    long unused = ticket.charged.tokens() - ticket.tokensUsed;
                    family.giveBackTokens(unused, ticket.admittedNanos, nowNanos);
                    tally.tokensRefunded += Math.max(0, unused);
                }
            }
            case Outcome.Broken broken -> {
                if (!settings.chargeFailed()) {
                    family.giveBack(ticket.charged, ticket.admittedNanos, nowNanos);
                    tally.tokensRefunded += ticket.charged.tokens();
                }
            }
        }
    }

    /**
     * The client of an admitted request went away before it had its answer. Releases the slot; the charge stays. A call
     * after {@link #finished} does nothing.
     */
    public void hungUp(Ticket ticket, long nowNanos) {
        if (ticket.settle()) {
            start(nowNanos);
            leave();
            tally.hangUps++;
        }
    }

    /** What happened so far. */
    public Ledger ledger() {
        return tally.snapshot(batches.ledger());
    }

    /** Starts the ledger again at zero, with what is in flight. Limits stay as they are. */
    public void resetLedger(long nowNanos) {
        start(nowNanos);
        long inFlight = tally.inFlight;
        Tally fresh = new Tally();
        fresh.inFlight(inFlight);
        tally = fresh;
        families.values().forEach(family -> family.reportTo(fresh));
        ledgerStartNanos = nowNanos;
        seen.clear();
        batches.resetLedger();
    }

    /** Deletes the files that clients uploaded and batches wrote. Nothing else changes. */
    @Override
    public void close() {
        batches.close();
    }

    private Arrival batchCall(
            String method, String path, String query, HeaderLookup headers, byte[] body, long nowNanos) {
        Arrival.@Nullable Refused unauthorized = unauthorized(headers);
        if (unauthorized != null) {
            return unauthorized;
        }
        Reply reply = batches.call(method, path, query, headers.first("content-type"), body, nowNanos - startNanos);
        return reply == null
                ? invalid(404, "Invalid URL (" + method + " " + path + ")", null, null)
                : arrival(reply, isContent(method, path) ? "application/octet-stream" : "application/json");
    }

    private static boolean isContent(String method, String path) {
        return method.equals("GET") && path.startsWith(FileCalls.PATH + "/") && path.endsWith("/content");
    }

    private Arrival arrival(Reply reply, String contentType) {
        Map<String, String> headers = headers(null, 0);
        headers.put("content-type", reply.status() == 200 ? contentType : "application/json");
        reply.retryAfterSeconds().ifPresent(seconds -> headers.put("retry-after", Long.toString(seconds)));
        if (reply.status() == 200) {
            return new Arrival.Served(200, headers, reply.body());
        }
        if (reply.blamesTheRequest()) {
            tally.invalid++;
        }
        return new Arrival.Refused(reply.status(), headers, reply.body());
    }

    /** Lets batches get on between calls and not within them, so that nobody waits for the rows of others. */
    void workOnBatchesInSlices() {
        batches.workInSlices();
    }

    /** Does a little of the work on batches that is due; true when there is more to do at once. */
    boolean sliceOfBatches(long nowNanos) {
        start(nowNanos);
        return batches.slice(nowNanos - startNanos);
    }

    /** Whether all batches are over. */
    boolean batchesAreOver() {
        return batches.isIdle();
    }

    /**
     * Begins to take a file as it comes. Whoever drives the twin hands it the pieces and then calls {@link #uploaded}.
     *
     * @return null when the upload is to arrive like any other call, because its key will be refused
     */
    @Nullable
    FileUpload upload(HeaderLookup headers, long nowNanos) {
        start(nowNanos);
        return hasKey(headers) ? batches.upload(headers.first("content-type")) : null;
    }

    /** A file has come, or is refused before its end. */
    Arrival uploaded(FileUpload upload, long nowNanos) {
        requestNumber++;
        return arrival(batches.uploaded(upload, nowNanos - startNanos), "application/json");
    }

    /** The file that a call asks for, so that it need not go through the heap; null when it is any other call. */
    @Nullable
    StoredFile contentOf(String method, String path, HeaderLookup headers, long nowNanos) {
        start(nowNanos);
        return hasKey(headers) ? batches.contentOf(method, path, nowNanos - startNanos) : null;
    }

    private void leave() {
        tally.inFlight--;
        if (cap != null) {
            cap.leave();
        }
    }

    /** Sets the start of the twin's time, which is otherwise the first time that it is told. */
    void start(long nowNanos) {
        if (!started) {
            started = true;
            startNanos = nowNanos;
            ledgerStartNanos = nowNanos;
        }
    }

    private Arrival limited(Route route, Ask ask, byte[] body, long nowNanos) {
        long hash = AnswerPlanner.hash(route, body);
        int earlier = seen.countBefore(hash);
        if (earlier > 0) {
            tally.repeated++;
        }
        long sinceStart = nowNanos - ledgerStartNanos;
        Family family = family(ask.model, nowNanos);
        family.otherClientTakes(nowNanos);
        long most = ask.mostOutputTokens >= 0 ? ask.mostOutputTokens : route.outputTokensIfUnset();
        long inputCharge = route.takesTokens() ? ChargeRule.INPUT.tokens(ask.promptCharacters, 1, 0) : 0;
        long charge = route.hasOutput()
                ? settings.chargeRule().tokens(ask.promptCharacters, AnswerPlanner.choices(route, ask), most)
                : inputCharge;
        Cost cost = new Cost(1, charge, route.makesImages() ? ask.n : 0);
        long rampWait = family.rampWaitNanos(inputCharge, nowNanos);
        if (rampWait > 0) {
            Optional<Duration> wait = Optional.of(Duration.ofNanos(rampWait));
            return refused(route, family, Refusal.SLOW_DOWN, ErrorBody.slowDown(), wait, nowNanos);
        }
        boolean figures = settings.limitHeaders();
        switch (family.admit(cost, inputCharge, nowNanos)) {
            case LimitVector.Decision.TooLarge tooLarge -> {
                byte[] error = figures ? ErrorBody.tooLarge(ask.model, family.name(), tooLarge) : ErrorBody.TOO_LARGE;
                return refused(route, family, Refusal.TOO_LARGE, error, Optional.empty(), nowNanos);
            }
            case LimitVector.Decision.Busy busy -> {
                byte[] error = figures ? ErrorBody.busy(ask.model, busy.cap()) : ErrorBody.REFUSED;
                return refused(route, family, Refusal.CONCURRENCY, error, Optional.empty(), nowNanos);
            }
            case LimitVector.Decision.Exhausted exhausted -> {
                return exhausted(route, ask.model, family, exhausted, nowNanos);
            }
            case LimitVector.Decision.Admitted admitted -> {}
        }
        tally.admitted(charge, sinceStart);
        if (earlier > 0 && seen.wasAnswered(hash)) {
            tally.repeatedAfterAnswer++;
        }
        long attempt = seen.isFull() ? requestNumber : earlier;
        return admitted(route, ask, family, hash, attempt, cost, nowNanos);
    }

    private Arrival.Refused exhausted(
            Route route, String model, Family family, LimitVector.Decision.Exhausted exhausted, long nowNanos) {
        Dimension dimension = exhausted.limiter().limit().dimension();
        boolean figures = settings.limitHeaders();
        // Where no text tells the wait, the header alone does, in whole seconds.
        boolean exact = figures && !ErrorBody.keepsWaitToItself(dimension);
        Duration told = exact ? exhausted.statedWait() : Duration.ofSeconds(wholeSeconds(exhausted.statedWait()));
        if (family.tells(exhausted.limiter(), told, nowNanos)) {
            tally.tooEarly++;
        }
        // Refusals of daily limits were seen without the header; where it is all there is, it is there.
        boolean silent = exact && dimension.window().compareTo(DAY) >= 0;
        return refused(
                route,
                family,
                Refusal.by(dimension),
                figures ? ErrorBody.exhausted(model, family.name(), exhausted) : ErrorBody.REFUSED,
                silent ? Optional.empty() : Optional.of(told),
                nowNanos);
    }

    private Arrival admitted(Route route, Ask ask, Family family, long hash, long attempt, Cost cost, long nowNanos) {
        SplittableRandom fate = new SplittableRandom(Mix.mix(seed + hash) + attempt);
        Fault fault = settings.faults().pick(fate.nextDouble()).orElse(null);
        AnswerWriter.Plan plan = planner.plan(
                route,
                ask,
                hash,
                requestNumber,
                settings.startEpochSecond() + (nowNanos - startNanos) / 1_000_000_000L);
        long output = plan.outputTokens();
        long latencyNanos = settings.latency().totalNanos(output, fate);
        Map<String, String> headers = headers(shown(family, route), nowNanos);
        headers.put("openai-processing-ms", Long.toString(latencyNanos / 1_000_000));
        boolean stream = ask.stream;
        if ((fault == Fault.STREAM_429 || fault == Fault.STREAM_429_FIRST) && !stream) {
            fault = null;
        }
        Outcome outcome = fault == null ? new Outcome.Answer() : new Outcome.Broken(fault);
        int status = 200;
        AnswerWriter.Body body;
        if (fault == null) {
            body = write(route, plan);
        } else {
            tally.fault(fault);
            status = switch (fault) {
                case SERVER_ERROR -> 500;
                case OVERLOADED -> 503;
                case BARE_429 -> 429;
                case RESET_BEFORE, HANG -> 0;
                case RESET_IN_BODY, CUT, STREAM_429, STREAM_429_FIRST -> 200;
            };
            body = switch (fault) {
                case SERVER_ERROR -> plain(ErrorBody.SERVER_ERROR);
                case OVERLOADED -> plain(ErrorBody.OVERLOADED);
                case BARE_429 -> plain(ErrorBody.bareRateLimit(ask.model));
                case RESET_BEFORE, HANG -> plain(new byte[0]);
                case RESET_IN_BODY -> write(route, plan);
                case CUT -> cut(write(route, plan), fate);
                case STREAM_429 -> refusedInStream(route, plan);
                case STREAM_429_FIRST -> refusedAsFirstEvent(route, plan);
            };
            if (fault == Fault.BARE_429) {
                headers.keySet().removeIf(name -> name.startsWith("x-ratelimit-"));
            }
        }
        headers.put("content-type", contentType(route, status, body));
        Duration latency = Duration.ofNanos(latencyNanos);
        Duration first = body.eventEnds().length > 0
                ? Duration.ofNanos(settings.latency().firstEventNanos(latencyNanos))
                : latency;
        Ticket ticket = new Ticket(family, cost, plan.promptTokens() + output, output, nowNanos, hash, outcome);
        return new Arrival.Admitted(ticket, status, headers, first, latency, outcome, body.bytes(), body.eventEnds());
    }

    private static String contentType(Route route, int status, AnswerWriter.Body body) {
        if (body.eventEnds().length > 0) {
            return "text/event-stream; charset=utf-8";
        }
        return route == Route.AUDIO_SPEECH && status == 200 ? "audio/mpeg" : "application/json";
    }

    /** Answers and refusals of the image endpoints were seen without limits in their headers. */
    private static @Nullable Family shown(Family family, Route route) {
        return route.makesImages() ? null : family;
    }

    private AnswerWriter.Body write(Route route, AnswerWriter.Plan plan) {
        return answers.write(route, plan, settings.embeddingDimensions());
    }

    private static AnswerWriter.Body plain(byte[] bytes) {
        return new AnswerWriter.Body(bytes, new int[0]);
    }

    private static AnswerWriter.Body cut(AnswerWriter.Body whole, SplittableRandom random) {
        int length = whole.bytes().length;
        // Never at the very end: what is left of the JSON must not be whole by chance.
        int at = random.nextInt(length / 4, length - 16);
        int events = 0;
        while (events < whole.eventEnds().length && whole.eventEnds()[events] < at) {
            events++;
        }
        int[] ends = whole.eventEnds().length == 0 ? whole.eventEnds() : Arrays.copyOf(whole.eventEnds(), events + 1);
        if (ends.length > 0) {
            ends[events] = at;
        }
        return new AnswerWriter.Body(Arrays.copyOf(whole.bytes(), at), ends);
    }

    /** The first events of the stream, then an error event instead of the rest. */
    private AnswerWriter.Body refusedInStream(Route route, AnswerWriter.Plan plan) {
        AnswerWriter.Body whole = write(route, plan);
        int kept = Math.min(whole.eventEnds().length - 1, 2);
        int start = whole.eventEnds()[kept - 1];
        byte[] event = ErrorBody.inStream(route, plan.ask().model, plan.id());
        byte[] bytes = Arrays.copyOf(whole.bytes(), start + event.length);
        System.arraycopy(event, 0, bytes, start, event.length);
        int[] ends = Arrays.copyOf(whole.eventEnds(), kept + 1);
        ends[kept] = bytes.length;
        return new AnswerWriter.Body(bytes, ends);
    }

    private static AnswerWriter.Body refusedAsFirstEvent(Route route, AnswerWriter.Plan plan) {
        byte[] event = ErrorBody.firstInStream(route, plan.ask().model);
        return new AnswerWriter.Body(event, new int[] {event.length});
    }

    private Family family(String model, long nowNanos) {
        Family known = familyOfModel.get(model);
        if (known != null) {
            return known;
        }
        String name = ModelFamily.of(model);
        if (!families.containsKey(name) && families.size() >= MOST_FAMILIES) {
            name = "other models";
        }
        Family family =
                families.computeIfAbsent(name, key -> new Family(key, settings, cap, tally, startNanos, nowNanos));
        if (familyOfModel.size() < MOST_FAMILIES) {
            familyOfModel.put(model, family);
        }
        return family;
    }

    private Arrival.Refused refused(
            Route route, Family family, Refusal reason, byte[] body, Optional<Duration> retryAfter, long nowNanos) {
        tally.refused(reason, nowNanos - ledgerStartNanos);
        if (settings.chargeRefused()) {
            family.chargeRefused(nowNanos);
        }
        Map<String, String> headers = headers(shown(family, route), nowNanos);
        headers.put("openai-processing-ms", "1");
        headers.put("content-type", "application/json");
        if (retryAfter.isPresent()) {
            headers.put("retry-after", Long.toString(wholeSeconds(retryAfter.get())));
        }
        return new Arrival.Refused(429, headers, body);
    }

    private static long wholeSeconds(Duration wait) {
        return Math.max(1, Math.ceilDiv(wait.toNanos(), 1_000_000_000L));
    }

    private Map<String, String> headers(@Nullable Family family, long nowNanos) {
        Map<String, String> headers = new LinkedHashMap<>(32);
        headers.put("x-request-id", AnswerWriter.requestId(seed, requestNumber));
        headers.put("openai-version", "2020-10-01");
        headers.put("openai-organization", "penstock");
        if (family != null && settings.limitHeaders()) {
            family.addHeaders(headers, nowNanos);
        }
        return headers;
    }

    private Arrival elsewhere(String method, String path, HeaderLookup headers) {
        Arrival.@Nullable Refused unauthorized = unauthorized(headers);
        if (unauthorized != null) {
            return unauthorized;
        }
        if (method.equals("GET") && path.equals("/v1/models")) {
            JsonBytes json = new JsonBytes();
            json.raw("{\"object\":\"list\",\"data\":[");
            boolean first = true;
            for (String model : models()) {
                json.raw(first ? "" : ",");
                model(json, model);
                first = false;
            }
            return served(json.raw("]}").copy());
        }
        String prefix = "/v1/models/";
        if (method.equals("GET") && path.startsWith(prefix) && path.length() > prefix.length()) {
            String model = path.substring(prefix.length());
            if (!rules.exists(model)) {
                return invalid(AskRules.noSuchModel(model));
            }
            JsonBytes json = new JsonBytes();
            model(json, model);
            return served(json.copy());
        }
        return invalid(404, "Invalid URL (" + method + " " + path + ")", null, null);
    }

    private List<String> models() {
        return settings.models().isEmpty()
                ? settings.limits().families()
                : settings.models().stream().sorted().toList();
    }

    private void model(JsonBytes json, String name) {
        json.raw("{\"id\":").string(name).raw(",\"object\":\"model\",\"created\":");
        json.number(settings.startEpochSecond()).raw(",\"owned_by\":\"openai\"}");
    }

    private Arrival.Served served(byte[] body) {
        Map<String, String> headers = headers(null, 0);
        headers.put("content-type", "application/json");
        return new Arrival.Served(200, headers, body);
    }

    private boolean hasKey(HeaderLookup headers) {
        return settings.apiKey().isEmpty()
                || ("Bearer " + settings.apiKey().get()).equals(headers.first("authorization"));
    }

    private Arrival.@Nullable Refused unauthorized(HeaderLookup headers) {
        if (hasKey(headers)) {
            return null;
        }
        String given = headers.first("authorization");
        if (given == null || given.isBlank()) {
            return invalid(
                    401,
                    "You didn't provide an API key. You need to provide your API key in an Authorization header using"
                            + " Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
                    null,
                    null);
        }
        return invalid(
                401,
                "Incorrect API key provided. You can find your API key at"
                        + " https://platform.openai.com/account/api-keys.",
                null,
                "invalid_api_key");
    }

    private Arrival.Refused invalid(AskRules.Wrong wrong) {
        return invalid(wrong.status(), wrong.message(), wrong.param(), wrong.code());
    }

    private Arrival.Refused invalid(int status, String message, @Nullable String param, @Nullable String code) {
        tally.invalid++;
        Map<String, String> headers = headers(null, 0);
        headers.put("content-type", "application/json");
        return new Arrival.Refused(status, headers, ErrorBody.of(message, "invalid_request_error", param, code));
    }
}
