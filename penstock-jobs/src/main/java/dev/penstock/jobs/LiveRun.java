package dev.penstock.jobs;

import dev.penstock.limit.Cost;
import dev.penstock.quota.BlockedBy;
import dev.penstock.quota.Quota;
import dev.penstock.quota.QuotaSettings;
import dev.penstock.retry.ConnectionWatch;
import dev.penstock.retry.RetryBudget;
import dev.penstock.retry.RetryPolicy;
import dev.penstock.time.Ticker;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.AnswerReading;
import dev.penstock.wire.CostCalibration;
import dev.penstock.wire.CostEstimator;
import dev.penstock.wire.Pricing;
import dev.penstock.wire.RequestFacts;
import dev.penstock.wire.TierRow;
import dev.penstock.wire.Usage;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * Drives the dispatcher with a clock, sockets and a disk. One event loop owns everything that decides; results go to the
 * writer's thread; {@link #progress} and {@link #interrupt} may be called from any thread.
 */
final class LiveRun {
    private static final long REFRESH_MILLIS = 100;
    private static final int MAX_FAILURES_KEPT = 10;
    private static final int MAX_ERROR_BYTES_KEPT = 64 << 10;
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final double NANOS_PER_SECOND = 1e9;
    /** A measured pace says little about the rest before this. */
    private static final Duration PACE_BELIEVED_AFTER = Duration.ofSeconds(10);
    /** A turn of the event loop sends no more than this, so that answers are read in between. */
    private static final int SENDS_PER_TURN = 64;

    /** Calls of language models may take a minute; a shorter memory would forget them before they fail. */
    static final RetryBudget.Settings RETRIES = RetryBudget.Settings.DEFAULT.coveringLatency(Duration.ofMinutes(1));

    private static final Usage NOTHING = new Usage(0, 0, 0);

    private final RunSettings settings;
    private final Patience patience;
    private final JobInput input;
    private final JobCounts before;
    private final Ticker ticker;
    private final Vertx vertx;
    private final Context context;
    private final PendingReader pending;
    private final Runnable whenEnded;

    private final ApiClient client;
    private final ResultWriter writer;
    private final RunNotices notices;
    private final List<LaneMeter> meters = new ArrayList<>();
    private final List<Lane<PendingRow>> lanes;
    private final Dispatcher<PendingRow> dispatcher;
    private volatile Map<String, Long> ended = Map.of();
    private volatile Duration medianLatency = Duration.ZERO;
    private final CostCalibration calibration = new CostCalibration();
    private final CostEstimator estimator = new CostEstimator(calibration);
    private final Pricing pricing;
    private final LatencyHistogram latencies = new LatencyHistogram();
    private final int maxConcurrency;
    private final String timeoutText;

    /** Calls by the time they were sent, which is also the order of their deadlines. */
    private final LinkedHashSet<ApiCall> calls = new LinkedHashSet<>();

    private final List<FailedRow> firstFailures = new ArrayList<>();
    private final AtomicLong storedAnswers = new AtomicLong();
    private final AtomicLong storedFailures = new AtomicLong();

    private boolean pumping;
    private boolean waiting;
    private boolean waitingForDisk;
    private boolean draining;
    private boolean drainEnds;
    private volatile boolean over;
    private long wakeTimer = -1;
    private long wakeAt;
    private long timeoutTimer = -1;
    private boolean sentAny;
    private long firstSent;
    private long lastAnswer;
    private long lastLatency;
    private long queuedAnswers;
    private long queuedFailures;
    private Usage spentNow = NOTHING;
    private long picoNow;
    private boolean everyPriceKnown = true;
    private volatile @Nullable Throwable failure;
    private volatile RunProgress progress;

    /**
     * How long a run waits where nothing else says so.
     *
     * @param drain for what is in flight once it was interrupted
     * @param neverReached for a first connection: most likely the address is wrong
     * @param outage for a connection once something was answered
     */
    record Patience(Duration drain, Duration neverReached, Duration outage) {
        static final Patience DEFAULT =
                new Patience(Duration.ofSeconds(5), Duration.ofSeconds(15), Duration.ofMinutes(10));
    }

    /**
     * @param before where the job stood
     * @param spend keeps the budget; batches may spend of it too
     * @param listener hears notices, on the event loop
     * @param fed whether rows are only given by {@link #feed}, and it does not end before {@link #endFeed}
     * @param whenEnded called on the event loop when nothing is sent any more and {@link #close} may be called
     */
    LiveRun(
            RunSettings settings,
            Patience patience,
            JobInput input,
            JobStore store,
            JobCounts before,
            SpendGuard spend,
            Ticker ticker,
            Vertx vertx,
            Consumer<String> listener,
            boolean fed,
            Runnable whenEnded) {
        this.settings = settings;
        this.patience = patience;
        this.input = input;
        this.before = before;
        this.ticker = ticker;
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.whenEnded = whenEnded;
        this.pricing = new Pricing(settings.prices());
        this.maxConcurrency = settings.concurrency().orElse(QuotaSettings.DEFAULT_MAX_CONCURRENCY);
        this.timeoutText = seconds(settings.timeout());
        this.client = new ApiClient(vertx, settings, ticker, this::pump);
        this.notices = new RunNotices(client.place(), listener);
        spend.whenBatchesLeaveMoney(() -> onLoop(this::pump));
        Pricing stored = new Pricing(settings.prices());
        this.writer = new ResultWriter(store::store, spend, result -> guardedCost(stored, result), new Stored());
        this.pending = store.pendingReader();
        long now = ticker.nanos();
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(settings.seed());
        this.lanes = lanes(store, fed, now);
        this.dispatcher = new Dispatcher<>(
                lanes,
                new RowCosting(),
                RetryPolicy.DEFAULT.withMaxAttempts(settings.maxAttempts()),
                new RetryBudget(RETRIES, now),
                spend,
                new ConnectionWatch(patience.neverReached(), patience.outage(), random),
                random);
        if (fed) {
            dispatcher.expectMore();
        }
        this.progress = snapshot(RunPhase.SENDING, now);
    }

    /** What the guard was told of a result that is stored now; nothing of one without a usage. */
    private static long guardedCost(Pricing pricing, RowResult result) {
        return Pricing.nanoDollarsRoundedUp(
                pricing.picoDollars(result.model(), result.spent()).orElse(0));
    }

    private List<Lane<PendingRow>> lanes(JobStore store, boolean fed, long now) {
        List<String> families = store.families();
        SortedMap<Integer, SortedMap<Integer, StratumCount>> byFamily = new TreeMap<>();
        if (fed) {
            for (int number = 0; number < families.size(); number++) {
                byFamily.put(number, new TreeMap<>());
            }
        } else {
            byFamily.putAll(byFamily(store.pendingByStratum()));
        }
        List<Lane<PendingRow>> made = new ArrayList<>();
        byFamily.forEach((number, strata) -> {
            String family = number < families.size() ? families.get(number) : "";
            Quota quota = new Quota(QuotaSettings.learnEverything()
                    .withCaps(settings.caps())
                    .withMaxConcurrency(maxConcurrency)
                    .withHidden(shown -> settings.tiers()
                            .matching(family, shown)
                            .map(TierRow::limits)
                            .orElse(List.of())));
            LaneMeter meter =
                    new LaneMeter(family, quota, sum(strata.values(), true), sum(strata.values(), false), now);
            meters.add(meter);
            made.add(new Lane<>(family, quota, picker(strata, meter, pending::page)));
        });
        return made;
    }

    private static SortedMap<Integer, SortedMap<Integer, StratumCount>> byFamily(
            SortedMap<Integer, StratumCount> strata) {
        SortedMap<Integer, SortedMap<Integer, StratumCount>> byFamily = new TreeMap<>();
        strata.forEach(
                (stratum, count) -> byFamily.computeIfAbsent(Families.ofStratum(stratum), number -> new TreeMap<>())
                        .put(stratum, count));
        return byFamily;
    }

    /** Where the rows of a lane are read from. */
    @FunctionalInterface
    private interface RowPages {
        List<RowEntry> page(int stratum, long afterNumber, int limit);
    }

    private static StridePicker<PendingRow> picker(
            SortedMap<Integer, StratumCount> strata, LaneMeter meter, RowPages pages) {
        Map<Integer, Long> rows = new TreeMap<>();
        strata.forEach((stratum, count) -> rows.put(stratum, count.rows()));
        return new StridePicker<>(
                rows,
                (stratum, after, limit) ->
                        pages
                                .page(
                                        stratum,
                                        after == null
                                                ? -1
                                                : after.entry().place().number(),
                                        limit)
                                .stream()
                                .map(entry -> new PendingRow(entry, meter))
                                .toList());
    }

    /** Sends the rows of a helping, too; only of a run that is fed. */
    void feed(int helping) {
        onLoop(() -> {
            byFamily(pending.given(helping)).forEach((number, strata) -> {
                LaneMeter meter = meters.get(number);
                meter.add(sum(strata.values(), true), sum(strata.values(), false));
                lanes.get(number)
                        .add(picker(
                                strata,
                                meter,
                                (stratum, after, limit) -> pending.pageOfGiven(helping, stratum, after, limit)));
            });
            pump();
        });
    }

    /** Ends when all rows that it was fed are through. */
    void endFeed() {
        onLoop(() -> {
            dispatcher.noMore();
            pump();
        });
    }

    /** Sends nothing new; what is in flight has all its time. */
    void hold() {
        onLoop(() -> {
            dispatcher.stop(new StopCause.WayChanged());
            draining = true;
            pump();
        });
    }

    /** Rows that have ended in this run, by model family; a moment old. */
    Map<String, Long> endedByFamily() {
        return ended;
    }

    /** Of the answered calls, a moment old; zero if there was none. */
    Duration medianLatency() {
        return medianLatency;
    }

    boolean isOver() {
        return over;
    }

    private static long sum(Collection<StratumCount> counts, boolean rows) {
        return counts.stream()
                .mapToLong(rows ? StratumCount::rows : StratumCount::tokens)
                .sum();
    }

    void start() {
        writer.start();
        context.exceptionHandler(this::breakDown); // else the event loop would only log what escapes its handlers
        context.runOnContext(ignored -> {
            long unused = vertx.setPeriodic(REFRESH_MILLIS, tick -> refresh());
            pump();
        });
    }

    /** See {@link JobRun#interrupt}. */
    void interrupt(boolean atOnce) {
        onLoop(() -> {
            stop(new StopCause.Interrupted());
            if (atOnce) {
                cutAll();
            }
        });
    }

    RunProgress progress() {
        return progress;
    }

    private void onLoop(Runnable work) {
        if (!over) {
            context.runOnContext(ignored -> {
                if (!over) {
                    work.run();
                }
            });
        }
    }

    private void pump() {
        if (pumping || over) {
            return;
        }
        pumping = true;
        try {
            waiting = false;
            for (int sent = 0; !waiting; ) {
                waitingForDisk = writer.isFull();
                if (waitingForDisk || ((calls.size() >= maxConcurrency || client.crowded()) && !draining)) {
                    return; // what is stored or answered next asks again
                }
                if (sent == SENDS_PER_TURN) {
                    context.runOnContext(ignored -> pump());
                    return;
                }
                switch (dispatcher.next(ticker.nanos())) {
                    case Step.Send<PendingRow> send -> {
                        send(send.flight());
                        sent++;
                    }
                    case Step.Fail<PendingRow> fail -> fail(fail.flight(), Optional.empty(), fail.explanation());
                    case Step.Wait<PendingRow> wait -> {
                        waiting = true;
                        wakeAt(wait.untilNanos());
                    }
                    case Step.Finished<PendingRow> finished -> {
                        finish();
                        return;
                    }
                }
                if (!draining && dispatcher.stopCause().isPresent()) {
                    draining = true;
                }
            }
        } catch (Throwable e) {
            breakDown(e);
        } finally {
            pumping = false;
        }
    }

    private void send(Flight<PendingRow> flight) {
        long now = flight.sentAt();
        PendingRow row = flight.row();
        PreparedRequest request = row.request(input);
        row.lane().sent(chargedTokens(flight), now);
        if (!sentAny) {
            sentAny = true;
            firstSent = now;
            lastAnswer = now;
        }
        ApiCall call = new ApiCall(flight, now + settings.timeout().toNanos());
        calls.add(call);
        if (timeoutTimer < 0) {
            timeoutTimer = vertx.setTimer(millisUntil(call.deadlineNanos(), now), ignored -> endOverdueCalls());
        }
        row.dropRequest();
        client.send(call, request.endpoint(), request.body(), this::answered);
    }

    private void endOverdueCalls() {
        timeoutTimer = -1;
        long now = ticker.nanos();
        while (!calls.isEmpty() && !over) {
            ApiCall first = calls.getFirst();
            if (first.deadlineNanos() - now > 0) {
                timeoutTimer = vertx.setTimer(millisUntil(first.deadlineNanos(), now), ignored -> endOverdueCalls());
                return;
            }
            first.giveUp();
            answered(first, client.timedOut(timeoutText));
        }
    }

    private void answered(ApiCall call, ApiCall.Answer answer) {
        calls.remove(call);
        if (over) {
            return;
        }
        try {
            settle(call.flight(), answer);
        } catch (Throwable e) {
            breakDown(e);
        }
        pump();
    }

    private void settle(Flight<PendingRow> flight, ApiCall.Answer answer) {
        long now = ticker.nanos();
        PendingRow row = flight.row();
        RequestFacts facts = row.facts(input);
        AnswerReading reading = answer.reading();
        Verdict verdict = reading.verdict();
        long charged = chargedTokens(flight);
        reading.requestedTokens().ifPresent(tokens -> calibration.observeRequested(facts, tokens));
        reading.usage().ifPresent(usage -> calibration.observeUsage(facts, usage));
        notices.settled(verdict, now);
        OptionalLong pico = reading.usage().isPresent()
                ? pricing.picoDollars(facts.model(), reading.usage().get())
                : OptionalLong.empty();
        long guardedCost = guardedCost(flight, verdict, pico);
        switch (dispatcher.settled(flight, verdict, reading.states(), guardedCost, now)) {
            case Outcome.Done done -> {
                lastAnswer = now;
                lastLatency = now - flight.sentAt();
                latencies.add(lastLatency);
                done(flight, answer, facts, pico);
            }
            case Outcome.Again again -> {
                if (isRefusal(verdict)) {
                    row.lane().refused(charged);
                }
                remember(row, answer);
            }
            case Outcome.Failed failed -> {
                lastAnswer = now;
                lastLatency = now - flight.sentAt();
                remember(row, answer);
                fail(flight, Optional.of(verdict), failed.explanation());
            }
            case Outcome.Held held -> {
                lastAnswer = now;
                lastLatency = now - flight.sentAt();
                remember(row, answer);
            }
            case Outcome.LeftOpen open -> row.lane().refused(charged);
        }
    }

    private static boolean isRefusal(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Throttled throttled -> true;
            case Verdict.SlowDown slowDown -> true;
            case Verdict.Transient fault -> fault.fault() == Verdict.Fault.CONNECT_FAILED;
            case Verdict.Accepted accepted -> false;
            case Verdict.Rejected rejected -> false;
            case Verdict.AccountStopped stopped -> false;
        };
    }

    private static long chargedTokens(Flight<PendingRow> flight) {
        return flight.reservation == null ? 0 : flight.reservation.cost().tokens();
    }

    /** What the budget is charged: of a call that may have been answered out of our sight, the worst. */
    private long guardedCost(Flight<PendingRow> flight, Verdict verdict, OptionalLong pico) {
        if (pico.isPresent()) {
            return Pricing.nanoDollarsRoundedUp(pico.getAsLong());
        }
        return switch (verdict) {
            case Verdict.Accepted accepted -> flight.reservedNanoDollars;
            case Verdict.Transient fault -> fault.fault().mayBeBilled() ? flight.reservedNanoDollars : 0;
            case Verdict.Throttled throttled -> 0;
            case Verdict.SlowDown slowDown -> 0;
            case Verdict.Rejected rejected -> 0;
            case Verdict.AccountStopped stopped -> 0;
        };
    }

    private void done(Flight<PendingRow> flight, ApiCall.Answer answer, RequestFacts facts, OptionalLong pico) {
        Usage usage = answer.reading().usage().orElse(NOTHING);
        spentNow = JobCounts.sum(spentNow, usage);
        picoNow += pico.orElse(0);
        everyPriceKnown &= pico.isPresent() || answer.reading().usage().isEmpty();
        queuedAnswers++;
        rowEnded(flight.row());
        writer.add(new RowResult.Answered(
                flight.row().entry().place().number(),
                answer.status().orElse(0),
                requestId(answer),
                answer.body(),
                facts.model(),
                usage,
                flight.sendings(),
                Duration.ofNanos(lastLatency)));
    }

    private void fail(Flight<PendingRow> flight, Optional<Verdict> verdict, String explanation) {
        PendingRow row = flight.row();
        String code = row.lastCode;
        if (code.isEmpty()) {
            code = verdict.map(ErrorCode::of).orElse("larger_than_limit");
        }
        if (firstFailures.size() < MAX_FAILURES_KEPT) {
            firstFailures.add(new FailedRow(row.entry().place().line(), code, explanation));
        }
        queuedFailures++;
        rowEnded(row);
        writer.add(new RowResult.Failed(
                row.entry().place().number(),
                row.lastStatus,
                row.lastRequestId,
                row.lastBody,
                code,
                explanation,
                row.facts(input).model(),
                NOTHING,
                flight.sendings(),
                flight.sendings() == 0 ? Duration.ZERO : Duration.ofNanos(ticker.nanos() - flight.sentAt())));
    }

    private static void rowEnded(PendingRow row) {
        row.lane().rowEnded(row.entry().tokens());
    }

    private static void remember(PendingRow row, ApiCall.Answer answer) {
        row.lastStatus = answer.status();
        row.lastRequestId = requestId(answer);
        // An answer of status 200 that is broken says nothing, and a row may keep this while it backs off.
        boolean error = answer.status().orElse(0) >= 300 && answer.body().length <= MAX_ERROR_BYTES_KEPT;
        row.lastBody = error ? answer.body() : new byte[0];
        String code = error ? ErrorCode.of(answer.body()) : "";
        row.lastCode = code.isEmpty() ? ErrorCode.of(answer.reading().verdict()) : code;
    }

    private static Optional<String> requestId(ApiCall.Answer answer) {
        return Optional.ofNullable(answer.headers().first("x-request-id"));
    }

    private void wakeAt(OptionalLong at) {
        if (at.isEmpty() || (wakeTimer >= 0 && wakeAt - at.getAsLong() <= 0)) {
            return; // an earlier look changes nothing
        }
        if (wakeTimer >= 0) {
            boolean unused = vertx.cancelTimer(wakeTimer);
        }
        wakeAt = at.getAsLong();
        wakeTimer = vertx.setTimer(millisUntil(wakeAt, ticker.nanos()), ignored -> {
            wakeTimer = -1;
            pump();
        });
    }

    private static long millisUntil(long at, long now) {
        return Math.max(1, Math.ceilDiv(at - now, NANOS_PER_MILLI));
    }

    private void stop(StopCause cause) {
        dispatcher.stop(cause);
        draining = true;
        // Where the dispatcher stopped by itself, calls have all their time, until a person loses patience.
        if (!drainEnds) {
            drainEnds = true;
            long unused = vertx.setTimer(patience.drain().toMillis(), ignored -> cutAll());
        }
        pump();
    }

    private void breakDown(Throwable e) {
        if (failure != null) {
            return; // it ends already
        }
        failure = e;
        context.runOnContext(ignored -> {
            if (!over) {
                stop(new StopCause.Interrupted());
            }
        });
    }

    private void cutAll() {
        if (over) {
            return;
        }
        try {
            for (ApiCall call : calls) {
                call.giveUp();
            }
        } finally {
            finish();
        }
    }

    private void finish() {
        over = true;
        try {
            progress = snapshot(RunPhase.DRAINING, ticker.nanos());
        } finally {
            whenEnded.run();
        }
    }

    private void refresh() {
        if (over) {
            return;
        }
        long now = ticker.nanos();
        meters.forEach(meter -> meter.refresh(now));
        Map<String, Long> endedNow = new HashMap<>();
        meters.forEach(meter -> endedNow.put(meter.family(), meter.rowsEnded()));
        ended = Map.copyOf(endedNow);
        medianLatency = latencies.quantile(0.5);
        progress = snapshot(draining ? RunPhase.DRAINING : RunPhase.SENDING, now);
    }

    private RunProgress snapshot(RunPhase phase, long now) {
        long elapsed = sentAny ? now - firstSent : 0;
        int retryingLater = dispatcher.backingOff();
        int inFlight =
                calls.size() + (int) (queuedAnswers + queuedFailures - storedAnswers.get() - storedFailures.get());
        Optional<BigDecimal> cost = cost();
        RunRate pace = LaneMeter.lastMinute(meters, elapsed, now);
        return new RunProgress(
                phase,
                input.size(),
                input.size(),
                before.rows(),
                before.answered() + storedAnswers.get(),
                before.failed() + storedFailures.get(),
                storedAnswers.get(),
                storedFailures.get(),
                inFlight,
                retryingLater,
                Duration.ofNanos(elapsed),
                pace,
                LaneMeter.wholeRun(meters, elapsed),
                meters.stream().flatMap(meter -> meter.limits(now).stream()).toList(),
                boundBy(),
                dispatcher.retries(),
                dispatcher.refusals(),
                (int) Math.min(
                        maxConcurrency,
                        meters.stream()
                                .mapToLong(meter -> meter.snapshot().concurrencyLimit())
                                .sum()),
                cost,
                JobCounts.sum(before.spentInAll(), spentNow),
                timeLeft(elapsed),
                cost.flatMap(this::forecast),
                Optional.empty());
    }

    private Optional<String> boundBy() {
        if (waitingForDisk) {
            return Optional.of("the disk, which takes the answers more slowly than they come");
        }
        if (calls.size() >= maxConcurrency) {
            return Optional.of("the limit of " + maxConcurrency + " calls in flight");
        }
        return waiting ? dispatcher.blockedBy().map(BlockedBy::explanation) : Optional.empty();
    }

    private Optional<Duration> timeLeft(long elapsed) {
        double seconds =
                meters.stream().mapToDouble(LaneMeter::secondsLeft).max().orElse(0);
        long left = meters.stream().mapToLong(LaneMeter::rowsLeft).sum();
        long ended = queuedAnswers + queuedFailures;
        if (left == 0) {
            return Optional.of(Duration.ZERO);
        }
        boolean measured = ended > 0 && elapsed >= PACE_BELIEVED_AFTER.toNanos();
        if (measured) {
            seconds = Math.max(seconds, left * (elapsed / NANOS_PER_SECOND) / ended);
        }
        return seconds > 0 ? Optional.of(Duration.ofMillis((long) (seconds * 1_000))) : Optional.empty();
    }

    private Optional<BigDecimal> cost() {
        return everyPriceKnown
                ? before.dollars(settings.prices()).map(dollars -> dollars.add(Pricing.dollars(picoNow)))
                : Optional.empty();
    }

    /** The rest at the price that this run's rows had for each token that was expected of them. */
    private Optional<BigDecimal> forecast(BigDecimal cost) {
        long left = meters.stream().mapToLong(LaneMeter::tokensLeft).sum();
        long ended = meters.stream().mapToLong(LaneMeter::tokensEnded).sum();
        if (left == 0) {
            return Optional.of(cost);
        }
        if (ended == 0 || picoNow == 0) {
            return Optional.empty();
        }
        return Optional.of(cost.add(Pricing.dollars((long) ((double) picoNow / ended * left))));
    }

    /**
     * Stores what is left and lets go of everything but the store. Called after {@code whenEnded}, on another thread.
     *
     * @throws RuntimeException what broke the run, if something did; an {@link Error} comes as its cause
     */
    Result close() {
        Optional<Throwable> unstored = writer.close();
        pending.close();
        Throwable broken = failure;
        if (broken == null && unstored.isPresent() && !(unstored.get() instanceof JobException)) {
            broken = unstored.get();
        }
        if (broken instanceof RuntimeException exception) {
            throw exception;
        }
        if (broken != null) {
            throw new IllegalStateException(
                    "the run broke down (" + broken.getClass().getSimpleName()
                            + "). What was stored before is safe: run again to go on.",
                    broken);
        }
        Optional<StopCause> stop = dispatcher.stopCause();
        if (unstored.isPresent()) {
            stop = Optional.of(
                    new StopCause.StorageFailed(String.valueOf(unstored.get().getMessage())));
        }
        long took = sentAny ? lastAnswer - firstSent : 0;
        Optional<LeastTime> least = meters.stream()
                .peek(meter -> meter.refresh(ticker.nanos()))
                .flatMap(meter -> meter.leastTime(lastLatency, took).stream())
                .max((a, b) -> a.duration().compareTo(b.duration()));
        return new Result(
                stop,
                storedAnswers.get(),
                storedFailures.get(),
                dispatcher.sendings(),
                dispatcher.retries(),
                dispatcher.refusals(),
                Duration.ofNanos(took),
                spentNow,
                everyPriceKnown ? Optional.of(Pricing.dollars(picoNow)) : Optional.empty(),
                least,
                latencies.quantile(0.5),
                latencies.quantile(0.95),
                latencies.quantile(1),
                List.copyOf(firstFailures));
    }

    /** What a run did, before the output is written; see {@link RunReport}. */
    record Result(
            Optional<StopCause> stop,
            long answered,
            long failed,
            long requests,
            long retries,
            long refusals,
            Duration duration,
            Usage spent,
            Optional<BigDecimal> costDollars,
            Optional<LeastTime> leastTime,
            Duration latencyMedian,
            Duration latency95,
            Duration latencyLongest,
            List<FailedRow> firstFailures) {
        /** Of a run that had nothing to send. */
        static Result nothing(Optional<StopCause> stop) {
            return new Result(
                    stop,
                    0,
                    0,
                    0,
                    0,
                    0,
                    Duration.ZERO,
                    NOTHING,
                    Optional.of(BigDecimal.ZERO),
                    Optional.empty(),
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ZERO,
                    List.of());
        }
    }

    private static String seconds(Duration time) {
        return BigDecimal.valueOf(TimeUnit.MILLISECONDS.convert(time), 3)
                        .stripTrailingZeros()
                        .toPlainString() + " s";
    }

    /** What rows cost. Called on the event loop. */
    private final class RowCosting implements Dispatcher.Costing<PendingRow> {
        @Override
        public Cost cost(PendingRow row) {
            Cost exact = row.exactCost;
            if (exact != null) {
                return exact;
            }
            RequestFacts facts = row.facts(input);
            Cost estimate = estimator.cost(facts);
            long limit = row.lane().tokenLimit();
            if (limit == 0 || estimate.tokens() < limit / 2) {
                return estimate;
            }
            exact = estimator.cost(facts, row.request(input).body(), limit);
            row.exactCost = exact;
            return exact;
        }

        @Override
        public long worstCaseNanoDollars(PendingRow row) {
            if (settings.budgetDollars().isEmpty()) {
                return 0;
            }
            RequestFacts facts = row.facts(input);
            if (!pricing.knows(facts.model())) {
                throw InputException.unpriced(settings.input(), facts.model());
            }
            if (!pricing.bounds(facts)) {
                throw InputException.unbounded(settings.input(), facts.model());
            }
            return pricing.worstCaseNanoDollars(facts, row.bodyBytes(input));
        }

        @Override
        public void markWanted() {
            writer.mark();
        }
    }

    /** Called on the writer's thread. */
    private final class Stored implements ResultWriter.Events {
        @Override
        public void stored(List<RowResult> results) {
            int failures = 0;
            for (RowResult result : results) {
                failures += result instanceof RowResult.Failed ? 1 : 0;
            }
            storedAnswers.addAndGet(results.size() - failures);
            storedFailures.addAndGet(failures);
            onLoop(() -> {
                if (waitingForDisk) {
                    pump();
                }
            });
        }

        @Override
        public void marked() {
            onLoop(LiveRun.this::pump);
        }

        @Override
        public void failed(Throwable why) {
            onLoop(() -> {
                if (why instanceof JobException) {
                    stop(new StopCause.StorageFailed(String.valueOf(why.getMessage())));
                } else {
                    breakDown(why);
                }
            });
        }
    }
}
