package dev.penstock.emulator.limiter;

import dev.penstock.limit.Limit;
import java.math.BigInteger;
import java.time.Duration;

/**
 * A bucket that refills continuously at limit ÷ window. Its depth says how much unused time it saves up: the whole
 * window (what api.openai.com shows) or less, down to the second that the vendor reserves the right to.
 *
 * <p>Stated numbers follow the arithmetic of every observed refusal and header: {@code wait = (used + requested -
 * limit) / limit * window} and {@code reset = (limit - remaining) / limit * window}, from whole units, cut to
 * milliseconds. Used is limit − level at any depth, so both formulas hold for shallow buckets as well.
 *
 * <p>A request that is larger than a shallow bucket is admitted when the bucket is full, and leaves debt.
 */
public final class Bucket implements Limiter {
    private final Limit limit;
    private final long windowNanos;

    /** Units per nanosecond as a reduced fraction, so that the level is exact and most products stay in a long. */
    private final long rateNumerator;

    private final long rateDenominator;

    private final long capacityUnits;
    private final long capacityFraction;

    /** The level is {@code units + fraction / rateDenominator}, {@code 0 <= fraction < rateDenominator}. */
    private long units;

    private long fraction;
    private long refilledAtNanos;

    /**
     * A full bucket.
     *
     * @param depth how long an empty bucket takes to fill; longer than zero and at most the limit's window
     */
    public Bucket(Limit limit, Duration depth, long nowNanos) {
        Duration window = limit.dimension().window();
        if (!depth.isPositive() || depth.compareTo(window) > 0) {
            throw new IllegalArgumentException("burst depth is " + depth + " for "
                    + limit.dimension().label() + "; it must be longer than zero and at most " + window);
        }
        this.limit = limit;
        this.windowNanos = window.toNanos();
        long divisor = greatestCommonDivisor(limit.amount(), windowNanos);
        this.rateNumerator = limit.amount() / divisor;
        this.rateDenominator = windowNanos / divisor;
        BigInteger[] capacity = BigInteger.valueOf(rateNumerator)
                .multiply(BigInteger.valueOf(depth.toNanos()))
                .divideAndRemainder(BigInteger.valueOf(rateDenominator));
        this.capacityUnits = capacity[0].longValueExact();
        this.capacityFraction = capacity[1].longValueExact();
        this.refilledAtNanos = nowNanos;
        fill();
    }

    @Override
    public Limit limit() {
        return limit;
    }

    @Override
    public boolean fits(long amount, long nowNanos) {
        refill(nowNanos);
        return units >= amount || (isFull() && everFits(amount));
    }

    @Override
    public void take(long amount, long nowNanos) {
        refill(nowNanos);
        units -= amount;
    }

    @Override
    public void giveBack(long amount, long takenAtNanos, long nowNanos) {
        refill(nowNanos);
        if (amount > capacityUnits - units) {
            fill();
            return;
        }
        units += amount;
        if (units == capacityUnits && fraction > capacityFraction) {
            fraction = capacityFraction;
        }
    }

    @Override
    public long used(long nowNanos) {
        return limit.amount() - remaining(nowNanos);
    }

    @Override
    public long remaining(long nowNanos) {
        refill(nowNanos);
        return units;
    }

    @Override
    public long nanosUntilFits(long amount, long nowNanos) {
        if (fits(amount, nowNanos)) {
            return 0;
        }
        if (!everFits(amount)) {
            return Long.MAX_VALUE;
        }
        boolean needsFull = amount > capacityUnits;
        long missingUnits = (needsFull ? capacityUnits : amount) - units;
        long missingFraction = (needsFull ? capacityFraction : 0) - fraction;
        long product = missingUnits * rateDenominator;
        if (Math.multiplyHigh(missingUnits, rateDenominator) == 0 && product >= 0 && product <= Long.MAX_VALUE / 2) {
            return Math.ceilDiv(product + missingFraction, rateNumerator);
        }
        BigInteger missing = BigInteger.valueOf(missingUnits)
                .multiply(BigInteger.valueOf(rateDenominator))
                .add(BigInteger.valueOf(missingFraction));
        BigInteger rate = BigInteger.valueOf(rateNumerator);
        return Wide.clamp(missing.add(rate).subtract(BigInteger.ONE).divide(rate));
    }

    @Override
    public Duration statedWait(long amount, long nowNanos) {
        if (fits(amount, nowNanos)) {
            return Duration.ZERO;
        }
        long nanos = amount > capacityUnits
                ? nanosUntilFits(amount, nowNanos)
                : Wide.multiplyDivide(amount - units, windowNanos, limit.amount());
        return Duration.ofMillis(nanos / 1_000_000);
    }

    @Override
    public Duration statedReset(long nowNanos) {
        long used = used(nowNanos);
        return used <= 0
                ? Duration.ZERO
                : Duration.ofMillis(Wide.multiplyDivide(used, windowNanos, limit.amount()) / 1_000_000);
    }

    private void refill(long nowNanos) {
        long elapsed = nowNanos - refilledAtNanos;
        if (elapsed <= 0) {
            return;
        }
        refilledAtNanos = nowNanos;
        if (isFull()) {
            return;
        }
        long gained = rateNumerator * elapsed;
        long quotient;
        if (Math.multiplyHigh(rateNumerator, elapsed) == 0 && gained >= 0 && gained <= Long.MAX_VALUE / 2) {
            gained += fraction;
            quotient = gained / rateDenominator;
            fraction = gained % rateDenominator;
        } else {
            BigInteger[] wide = BigInteger.valueOf(rateNumerator)
                    .multiply(BigInteger.valueOf(elapsed))
                    .add(BigInteger.valueOf(fraction))
                    .divideAndRemainder(BigInteger.valueOf(rateDenominator));
            quotient = Wide.clamp(wide[0]);
            fraction = wide[1].longValueExact();
        }
        long room = capacityUnits - units;
        if (quotient > room || (quotient == room && fraction > capacityFraction)) {
            fill();
        } else {
            units += quotient;
        }
    }

    private boolean isFull() {
        return units == capacityUnits && fraction == capacityFraction;
    }

    private void fill() {
        units = capacityUnits;
        fraction = capacityFraction;
    }

    private static long greatestCommonDivisor(long a, long b) {
        while (b != 0) {
            long rest = a % b;
            a = b;
            b = rest;
        }
        return a;
    }
}
