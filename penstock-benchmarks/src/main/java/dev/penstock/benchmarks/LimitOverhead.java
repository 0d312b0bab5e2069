package dev.penstock.benchmarks;

import com.google.common.util.concurrent.RateLimiter;
import dev.penstock.limit.Cost;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.quota.Admission;
import dev.penstock.quota.HiddenLimits;
import dev.penstock.quota.Quota;
import dev.penstock.quota.QuotaSettings;
import dev.penstock.quota.Reservation;
import dev.penstock.quota.Settlement;
import dev.penstock.time.Ticker;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What it costs to ask a limiter that has room. Each reads the machine's clock as it does for its users, Penstock at the
 * reservation and at the settlement. Limits are so large that nothing is refused.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LimitOverhead {
    private static final long TOKENS = 10;
    /** A unit a nanosecond is the most that Bucket4j takes. */
    private static final long PER_SECOND = 1_000_000_000L;

    private static final long PER_MINUTE = 60 * PER_SECOND;
    private static final long PER_DAY = 24 * 60 * PER_MINUTE;

    private static final List<Limit> LIMITS = List.of(
            new Limit(Dimension.REQUESTS_PER_MINUTE, PER_MINUTE),
            new Limit(Dimension.TOKENS_PER_MINUTE, PER_MINUTE),
            new Limit(Dimension.REQUESTS_PER_DAY, PER_DAY),
            new Limit(Dimension.TOKENS_PER_DAY, PER_DAY));

    private static final Bandwidth MINUTE = bandwidth(PER_MINUTE, Duration.ofMinutes(1));
    private static final Bandwidth DAY = bandwidth(PER_DAY, Duration.ofDays(1));

    private final Ticker ticker = Ticker.system();
    private final Cost cost = Cost.ofTokens(TOKENS);
    private final Settlement answered = new Settlement.Answered(List.of());
    private final Quota caps = new Quota(QuotaSettings.capsAlone(LIMITS));
    private final Quota learned = new Quota(
            new QuotaSettings(LIMITS, List.of(), HiddenLimits.unknown(), QuotaSettings.DEFAULT_MAX_CONCURRENCY, true));

    private final Bucket requests = bucket(MINUTE, DAY);
    private final Bucket tokens = bucket(MINUTE, DAY);
    private final Bucket one = bucket(MINUTE);

    private final io.github.resilience4j.ratelimiter.RateLimiter resilience4j =
            io.github.resilience4j.ratelimiter.RateLimiter.of(
                    "one",
                    RateLimiterConfig.custom()
                            .limitForPeriod((int) PER_SECOND)
                            .limitRefreshPeriod(Duration.ofSeconds(1))
                            .timeoutDuration(Duration.ZERO)
                            .build());

    private final dev.failsafe.RateLimiter<Object> failsafe = dev.failsafe.RateLimiter.smoothBuilder(
                    PER_SECOND, Duration.ofSeconds(1))
            .build();

    @SuppressWarnings("UnstableApiUsage")
    private final RateLimiter guava = RateLimiter.create(PER_SECOND);

    private static Bucket bucket(Bandwidth... bandwidths) {
        var bucket = Bucket.builder();
        for (Bandwidth bandwidth : bandwidths) {
            bucket.addLimit(bandwidth);
        }
        return bucket.build();
    }

    private static Bandwidth bandwidth(long units, Duration window) {
        return Bandwidth.builder().capacity(units).refillGreedy(units, window).build();
    }

    private boolean reserveAndSettle(Quota quota) {
        if (!(quota.reserve(cost, ticker.nanos()) instanceof Admission.Granted(Reservation reservation))) {
            throw new IllegalStateException("a quota that has room refused");
        }
        return quota.settle(reservation, answered, ticker.nanos());
    }

    /** Four limits of the user's own, all or none, and the settlement. */
    @Benchmark
    public boolean penstockFourCaps() {
        return reserveAndSettle(caps);
    }

    /** Four limits of a provider, which are followed and learned from. */
    @Benchmark
    public boolean penstockFourLimits() {
        return reserveAndSettle(learned);
    }

    /** Two buckets of two bandwidths; what one gave is given back by hand where the other refuses. Nothing is settled. */
    @Benchmark
    public boolean bucket4jFourLimits() {
        if (!requests.tryConsume(1)) {
            throw refused();
        }
        if (!tokens.tryConsume(TOKENS)) {
            requests.addTokens(1);
            throw refused();
        }
        return true;
    }

    @Benchmark
    public boolean bucket4jOneLimit() {
        return granted(one.tryConsume(1));
    }

    @Benchmark
    public boolean resilience4jOneLimit() {
        return granted(resilience4j.acquirePermission());
    }

    @Benchmark
    public boolean failsafeOneLimit() {
        return granted(failsafe.tryAcquirePermit());
    }

    @Benchmark
    public boolean guavaOneLimit() {
        return granted(guava.tryAcquire());
    }

    /** For scale: what reading the clock costs on this machine. */
    @Benchmark
    public long clock() {
        return ticker.nanos();
    }

    private static boolean granted(boolean granted) {
        if (!granted) {
            throw refused();
        }
        return true;
    }

    private static IllegalStateException refused() {
        return new IllegalStateException("a limiter that has room refused");
    }
}
