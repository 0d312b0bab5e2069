package dev.penstock.pacing;

import dev.penstock.limit.Cost;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.quota.QuotaSettings;
import dev.penstock.retry.RetryBudget;
import dev.penstock.retry.RetryPolicy;
import dev.penstock.time.CancelSignal;
import dev.penstock.time.Deadline;
import dev.penstock.time.TimeSource;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.CostCalibration;
import dev.penstock.wire.CostEstimator;
import dev.penstock.wire.ModelFamily;
import dev.penstock.wire.RequestFacts;
import dev.penstock.wire.TierTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Lets an application's calls through as fast as the quota of its account allows and not faster: each takes room in every
 * limit at once, requests and tokens, per minute and per day, and waits in a fair queue until there is some. Limits need
 * not be told; they are learned from what answers say, if they are told of it.
 *
 * <p>Build one for each account and hand the same to all clients that use it: what is shared is this object. Each model
 * family has its own limits and its own queue in it.
 *
 * {@snippet class="PacingSnippets" region="acquire"}
 *
 * <p>Order: the most urgent {@linkplain dev.penstock.queue.Priority band} first, tenants by weight, earlier deadlines
 * first. Waiting is bounded in time, by the deadline of each request, and in number. A request that could not start before
 * its deadline is refused at once, with what is in the way and when it is free ({@link TooLateException}).
 *
 * <p>Safe for use by several threads, platform or virtual. Whoever makes room hands it over to the one whose turn it is and
 * wakes that one alone. Nothing of a user is called with a lock held but the sources of time and chance.
 */
public final class Penstock implements AutoCloseable {
    // Arrivals are compared by difference of times, so deadlines must not be further than this.
    private static final long MOST_PATIENCE_NANOS = Duration.ofDays(365L * 20).toNanos();
    /** The timer refuses who is late; this is for one that never came. */
    private static final Duration TIMER_GRACE = Duration.ofSeconds(1);

    private final PacingSettings settings;
    private final TimeSource time;
    private final Listeners listeners = new Listeners();
    private final Desk desk;
    private final RetryBudget retries;
    private final CostCalibration calibration = new CostCalibration();
    private final CostEstimator estimator = new CostEstimator(calibration);

    private Penstock(PacingSettings settings) {
        this.settings = settings;
        this.time = settings.time();
        this.desk = new Desk(settings, listeners);
        this.retries = new RetryBudget(RetryBudget.Settings.DEFAULT, time.nanos());
    }

    /** One that is told nothing and finds out the limits by itself. */
    public static Penstock create() {
        return builder().build();
    }

    /** To say what is known beforehand, and how much may wait. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Waits for room, at most as long as {@link Builder#patience} says.
     *
     * @throws RefusedException if the request is not let through
     * @throws InterruptedException if the thread is interrupted before or while waiting; nothing is held then
     */
    public Grant acquire(Ask ask) throws InterruptedException {
        return acquire(ask, settings.patience());
    }

    /** As {@link #acquire(Ask)}, waiting at most this long; zero or less does not wait. */
    public Grant acquire(Ask ask, Duration atMost) throws InterruptedException {
        return acquire(ask, Deadline.after(atMost, time));
    }

    /** As {@link #acquire(Ask)}, waiting until this time. */
    public Grant acquire(Ask ask, Deadline deadline) throws InterruptedException {
        Waiter waiter = waiter(ask, deadline);
        Held held = await(waiter, told -> desk.ask(waiter, told));
        return Grant.of(desk, held(held));
    }

    /**
     * As {@link #acquire(Ask)} without a thread that waits. The future fails with a {@link RefusedException} where that
     * throws it, and whoever cancels it leaves the queue. What depends on it runs on {@link Builder#executor}.
     */
    public CompletableFuture<Grant> acquireAsync(Ask ask) {
        return acquireAsync(ask, settings.patience());
    }

    /** As {@link #acquireAsync(Ask)}, waiting at most this long. */
    public CompletableFuture<Grant> acquireAsync(Ask ask, Duration atMost) {
        return acquireAsync(ask, Deadline.after(atMost, time));
    }

    /** As {@link #acquireAsync(Ask)}, waiting until this time. */
    public CompletableFuture<Grant> acquireAsync(Ask ask, Deadline deadline) {
        Waiter waiter = waiter(ask, deadline);
        CompletableFuture<Grant> future = new CompletableFuture<>();
        desk.ask(waiter, () -> execute(() -> hand(waiter, future)));
        CompletableFuture<Grant> followed = future.whenComplete((grant, failure) -> {
            if (future.isCancelled()) {
                desk.gone(waiter);
            }
        });
        assert followed != future;
        return future;
    }

    private void hand(Waiter waiter, CompletableFuture<Grant> future) {
        try {
            Grant grant = Grant.of(desk, held(desk.outcome(waiter)));
            if (!future.complete(grant)) {
                grant.notSent();
            }
        } catch (RefusedException | CancellationException e) {
            future.completeExceptionally(e);
        }
    }

    /**
     * Room if there is some now and nobody waits for it; else empty.
     *
     * @throws TooLargeException if there will never be
     * @throws ClosedException if this is closed
     */
    public Optional<Grant> tryAcquire(Ask ask) {
        return desk.tryAsk(ask).map(held -> Grant.of(desk, held));
    }

    /**
     * Runs something when there is room for it. When it returns, it has been answered, and when it throws, it has failed,
     * unless it has ended the grant itself to say more.
     *
     * @throws RefusedException if the request is not let through
     * @throws X what the body throws
     */
    public <T extends @Nullable Object, X extends Exception> T call(Ask ask, Body<T, X> body)
            throws X, InterruptedException {
        return call(ask, settings.patience(), body);
    }

    /** As {@link #call(Ask, Body)}, waiting at most this long. */
    public <T extends @Nullable Object, X extends Exception> T call(Ask ask, Duration atMost, Body<T, X> body)
            throws X, InterruptedException {
        Grant grant = acquire(ask, atMost);
        boolean returned = false;
        try {
            T result = body.run(grant);
            returned = true;
            return result;
        } finally {
            if (returned) {
                grant.answered();
            } else {
                grant.failed();
            }
        }
    }

    /**
     * Starts something when there is room for it, and ends its grant when the stage that it gives completes. Cancelling the
     * future leaves the queue, or cancels that stage.
     */
    public <T> CompletableFuture<T> callAsync(Ask ask, Function<Grant, CompletionStage<T>> body) {
        return callAsync(ask, settings.patience(), body);
    }

    /** As {@link #callAsync(Ask, Function)}, waiting at most this long. */
    public <T> CompletableFuture<T> callAsync(Ask ask, Duration atMost, Function<Grant, CompletionStage<T>> body) {
        CompletableFuture<Grant> turn = acquireAsync(ask, atMost);
        return new AsyncBody<>(turn, body).start();
    }

    /** What is run when there is room. */
    @FunctionalInterface
    public interface Body<T extends @Nullable Object, X extends Exception> {
        /**
         * @param grant to tell what the answer said of the limits; need not be used
         */
        T run(Grant grant) throws X;
    }

    /** Why a request would wait if it asked now, and when it could start; empty if it would not wait. */
    public Optional<Blocked> whyBlocked(Ask ask) {
        return desk.whyBlocked(ask);
    }

    /** One call of an HTTP client, for adapters. Nothing happens before its first turn is waited for. */
    public PacedCall paced(PacedRequest request) {
        long now = time.nanos();
        Duration patience = request.patience().orElse(settings.patience());
        String family =
                request.facts().map(facts -> ModelFamily.of(facts.model())).orElse("");
        Ask ask = new Ask(family, cost(request, family), request.tenant(), request.weight(), request.priority());
        long deadline = now + bounded(patience);
        Duration shorter = settings.retry()
                .deadline()
                .filter(own -> own.compareTo(patience) < 0)
                .orElse(patience);
        RetryPolicy policy = settings.retry().withDeadline(shorter.isPositive() ? shorter : Duration.ofNanos(1));
        return new PacedCall(this, desk, request, desk.waiter(ask, now, deadline), policy, retries);
    }

    private Cost cost(PacedRequest request, String family) {
        RequestFacts facts = request.facts().orElse(null);
        if (facts == null) {
            return new Cost(1, 0, 0);
        }
        Cost estimate = estimator.cost(facts);
        // Counting exactly pays only where the estimate decides whether the request can ever fit.
        OptionalLong limit = desk.tokenLimitBelowTwice(family, estimate.tokens());
        return limit.isPresent() ? estimator.cost(facts, request.body(), limit.getAsLong()) : estimate;
    }

    /** Quotas, queues and counts at this moment. */
    public PenstockSnapshot snapshot() {
        return desk.snapshot();
    }

    /** Lets somebody hear what happens from now on. */
    public void listen(PacingListener listener) {
        listeners.add(listener);
    }

    /** Refuses whoever waits and whoever asks from now on. What was let through ends as it does. */
    @Override
    public void close() {
        desk.close();
    }

    /** Blocks until a request is decided; its timer bounds that. Null if its retries are used up. */
    @Nullable
    Held await(Waiter waiter, Consumer<Runnable> ask) throws InterruptedException {
        CancelSignal told = new CancelSignal();
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted before waiting for quota");
        }
        ask.accept(told::give);
        if (!told.given()) {
            try {
                long left = Math.max(0, waiter.deadlineNanos - time.nanos());
                time.sleep(Duration.ofNanos(left).plus(TIMER_GRACE), told);
            } catch (InterruptedException e) {
                desk.gone(waiter);
                throw e;
            }
            desk.wokeUp(waiter);
        }
        return desk.outcome(waiter);
    }

    /** Runs what a user may have a part in on a thread where it holds up nobody. */
    void execute(Runnable task) {
        settings.executor().execute(task);
    }

    long nanos() {
        return time.nanos();
    }

    RandomGenerator random() {
        return settings.random();
    }

    CostCalibration calibration() {
        return calibration;
    }

    void repeated(Ask ask, Verdict because) {
        listeners.repeated(ask, because);
    }

    private Waiter waiter(Ask ask, Deadline deadline) {
        long now = time.nanos();
        long left = deadline.atNanos() - now;
        return desk.waiter(ask, now, now + Math.clamp(left, -1, MOST_PATIENCE_NANOS));
    }

    private static long bounded(Duration patience) {
        return Math.clamp(TimeUnit.NANOSECONDS.convert(patience), -1, MOST_PATIENCE_NANOS);
    }

    private static Held held(@Nullable Held held) {
        if (held == null) {
            throw new IllegalStateException("a request without retries has used them up");
        }
        return held;
    }

    /** Says what is known beforehand. Not safe for use by several threads. */
    public static final class Builder {
        private static final Duration DEFAULT_PATIENCE = Duration.ofMinutes(10);
        private static final int DEFAULT_MAX_WAITING = 10_000;

        private final List<Limit> caps = new ArrayList<>();
        private final Map<String, List<Limit>> familyCaps = new HashMap<>();
        private Optional<String> tier = Optional.empty();
        private TierTable tiers = TierTable.builtIn();
        private boolean learning = true;
        private int concurrency = QuotaSettings.DEFAULT_MAX_CONCURRENCY;
        private int maxWaiting = DEFAULT_MAX_WAITING;
        private Duration patience = DEFAULT_PATIENCE;
        private RetryPolicy retry = RetryPolicy.DEFAULT;
        private TimeSource time = TimeSource.system();
        private RandomGenerator random = SharedRandom.create();
        private Executor executor = Thread::startVirtualThread;

        private Builder() {}

        /** A cap of your own on requests per minute, kept beside the provider's limits, for each model family. */
        public Builder requestsPerMinute(long requests) {
            return cap(new Limit(Dimension.REQUESTS_PER_MINUTE, requests));
        }

        /** A cap of your own on tokens per minute, for each model family. */
        public Builder tokensPerMinute(long tokens) {
            return cap(new Limit(Dimension.TOKENS_PER_MINUTE, tokens));
        }

        /** A cap of your own on requests per day, for each model family. */
        public Builder requestsPerDay(long requests) {
            return cap(new Limit(Dimension.REQUESTS_PER_DAY, requests));
        }

        /** A cap of your own on tokens per day, for each model family. */
        public Builder tokensPerDay(long tokens) {
            return cap(new Limit(Dimension.TOKENS_PER_DAY, tokens));
        }

        /** A cap of your own, for each model family that has none of its own. Replaces one of the same dimension. */
        public Builder cap(Limit limit) {
            caps.removeIf(known -> known.dimension().equals(limit.dimension()));
            caps.add(limit);
            return this;
        }

        /**
         * The caps of one model family, in place of those for all.
         *
         * @param model any model of the family
         */
        public Builder capsOf(String model, List<Limit> limits) {
            familyCaps.put(ModelFamily.of(model), List.copyOf(limits));
            return this;
        }

        /**
         * The most calls in flight, over all families; 1 or more. Where it is not told, each family finds its own: it lowers
         * them when the provider is overloaded, and raises them again.
         */
        public Builder concurrency(int calls) {
            if (calls < 1) {
                throw new IllegalArgumentException("concurrency is " + calls + "; it must be 1 or more");
            }
            concurrency = calls;
            return this;
        }

        /**
         * The usage tier of the account, for example {@code tier-1}: its limits are taken to hold from the first request
         * on, until answers say otherwise. {@code penstock tiers} lists them.
         */
        public Builder tier(String name) {
            tier = Optional.of(name);
            return this;
        }

        /** The table in which tiers are looked up; the built-in one if it is not told. */
        public Builder tiers(TierTable table) {
            tiers = table;
            return this;
        }

        /**
         * Says that there are no limits but the caps. Without this, requests go slowly until a first answer has told
         * something, and no faster than a few at a time while none does.
         */
        public Builder capsAreAll() {
            learning = false;
            return this;
        }

        /** Requests that may wait, 1 or more; 10,000 if it is not told. */
        public Builder maxWaiting(int requests) {
            if (requests < 1) {
                throw new IllegalArgumentException("maxWaiting is " + requests + "; it must be 1 or more");
            }
            maxWaiting = requests;
            return this;
        }

        /**
         * How long a request waits that says nothing of its own, from when it asks to when its last attempt must have
         * started; 10 minutes if it is not told.
         */
        public Builder patience(Duration time) {
            patience = time;
            return this;
        }

        /**
         * How {@linkplain PacedCall calls of clients} are repeated after faults; six attempts, 1 s to 60 s apart, if it is
         * not told. Refusals by quota cost none of them.
         */
        public Builder retry(RetryPolicy policy) {
            retry = policy;
            return this;
        }

        /** Where time comes from; the machine's clock if it is not told. */
        public Builder time(TimeSource source) {
            time = source;
            return this;
        }

        /** Where the spread of backoffs comes from; must be safe for use by several threads. */
        public Builder random(RandomGenerator generator) {
            random = generator;
            return this;
        }

        /** Runs what depends on futures; a virtual thread for each if it is not told. Stays yours to close. */
        public Builder executor(Executor runs) {
            executor = runs;
            return this;
        }

        /** The {@link Penstock}, open until it is closed. */
        public Penstock build() {
            if (tier.isPresent()
                    && tiers.rows().stream()
                            .noneMatch(
                                    row -> tiers.find(row.family(), tier.get()).isPresent())) {
                throw new IllegalArgumentException("tier is '" + tier.get()
                        + "', which no row of the tier table has; `penstock tiers` lists them, for example tier-1");
            }
            return new Penstock(new PacingSettings(
                    List.copyOf(caps),
                    Map.copyOf(familyCaps),
                    tier,
                    tiers,
                    learning,
                    concurrency,
                    maxWaiting,
                    patience,
                    retry,
                    time,
                    random,
                    executor));
        }
    }
}
