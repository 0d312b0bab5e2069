package dev.penstock.quota;

import dev.penstock.limit.Cost;

/**
 * Keeps the load from rising faster than a provider accepts, after it said {@code slow_down}: back to four fifths of the
 * rate that was driven, held for a quarter of an hour, then at most half more in each further quarter. Rule of the
 * OpenAI error guide: "increase by no more than 50 % every 15 minutes".
 *
 * <p>It acts on a refusal and not beforehand, because the load from which the rule holds varies by model and is not
 * published exactly; guessing low would waste quota on every large job.
 *
 * <p>Confined to the lock of the quota that owns it.
 */
final class RampGovernor {
    private static final long QUARTER_HOUR_NANOS = 15 * 60 * 1_000_000_000L;
    /** The governed rate must have had time to show that it is still too high. */
    private static final long ONE_LESSON_NANOS = 15_000_000_000L;

    private static final double STEP_BACK = 0.8;
    private static final double GROWTH = 1.5;
    private static final double MEASURED_OVER_NANOS = 30e9;

    private final long startedAt;
    private double fadingTokens;
    private double fadingRequests;
    private long measuredAt;

    private boolean engaged;
    private long engagedAt;
    private double governedTokensPerNano;
    private double governedRequestsPerNano;
    private double debtNanos;
    private long paidUntil;

    RampGovernor(long now) {
        startedAt = now;
        measuredAt = now;
    }

    long waitNanos(long now) {
        if (!engaged) {
            return 0;
        }
        double debt = debtNanos - (now - paidUntil);
        return debt <= 0 ? 0 : (long) Math.ceil(debt);
    }

    void take(Cost cost, long now) {
        measure(cost, now);
        if (!engaged) {
            return;
        }
        debtNanos = Math.max(0, debtNanos - (now - paidUntil));
        paidUntil = now;
        double growth = growth(now);
        double byTokens = governedTokensPerNano > 0 ? cost.tokens() / (governedTokensPerNano * growth) : 0;
        debtNanos += Math.max(byTokens, cost.requests() / (governedRequestsPerNano * growth));
    }

    /** The provider asked to slow down. */
    void slowDown(long now) {
        if (engaged && now - engagedAt < ONE_LESSON_NANOS) {
            return;
        }
        measure(new Cost(0, 0, 0), now);
        double tokens = perNano(fadingTokens, now);
        double requests = perNano(fadingRequests, now);
        if (engaged) {
            tokens = Math.min(governedTokensPerNano * growth(now), tokens);
            requests = Math.min(governedRequestsPerNano * growth(now), requests);
        }
        // One usual request a second is slow enough for any provider and keeps the job alive.
        double usualTokens = fadingRequests > 0 ? fadingTokens / fadingRequests : 0;
        governedTokensPerNano = Math.max(1e-9 * usualTokens, STEP_BACK * tokens);
        governedRequestsPerNano = Math.max(1e-9, STEP_BACK * requests);
        engaged = true;
        engagedAt = now;
        debtNanos = 0;
        paidUntil = now;
    }

    private double growth(long now) {
        long held = now - engagedAt - QUARTER_HOUR_NANOS;
        return held <= 0 ? 1 : Math.pow(GROWTH, (double) held / QUARTER_HOUR_NANOS);
    }

    /** Sums that fade over half a minute; {@link #perNano} turns them into rates. */
    private void measure(Cost cost, long now) {
        double keep = fadedIn(Math.max(0, now - measuredAt) / MEASURED_OVER_NANOS);
        fadingTokens = fadingTokens * keep + cost.tokens();
        fadingRequests = fadingRequests * keep + cost.requests();
        measuredAt = now;
    }

    /** {@code exp(-share)}; of the small shares between requests it is the beginning of its series, to thirteen digits. */
    private static double fadedIn(double share) {
        return share < 1e-4 ? 1 - share + share * share / 2 : Math.exp(-share);
    }

    private double perNano(double fadingSum, long now) {
        double elapsed = Math.max(1e9, now - startedAt);
        return fadingSum / (MEASURED_OVER_NANOS * (1 - Math.exp(-elapsed / MEASURED_OVER_NANOS)));
    }
}
