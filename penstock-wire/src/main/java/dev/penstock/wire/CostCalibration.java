package dev.penstock.wire;

import java.util.concurrent.ConcurrentHashMap;

/**
 * How much more or less input the server counts than {@link CostEstimator#estimatedInputTokens} says, by model family.
 * Two factors are kept apart: what is charged to the quota, which is the server's own estimate, and what is billed, which
 * is its exact count.
 *
 * <p>A factor is the quotient of two sums over the observations, older ones fading by a tenth with each new one, kept
 * within 0.3 and 1.5, and 1 until the first observation. What is charged gets a twentieth on top for safety at all times: the
 * requests that taught the factor may be unlike those that follow, and quota that an estimate sets aside for nothing comes
 * back with the next answer, while quota that was never there is a refusal.
 *
 * <p>Thread-safe.
 */
public final class CostCalibration {
    /** What a charge is taken to be above its expectation. */
    public static final double SAFETY = 1.05;

    private static final double LEAST = 0.3;
    private static final double MOST = 1.5;
    private static final double KEPT = 0.9;

    private final ConcurrentHashMap<String, Ratio> charged = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Ratio> billed = new ConcurrentHashMap<>();

    /** Factor on the estimated input for what the quota is charged. */
    public double chargeFactor(String model) {
        return SAFETY * factor(charged, model);
    }

    /** Factor on the estimated input for what is billed. */
    public double billingFactor(String model) {
        return factor(billed, model);
    }

    /**
     * Learns from a charge that was seen, for example between the remainders of two answers.
     *
     * @param estimatedInputTokens by {@link CostEstimator#estimatedInputTokens}; 0 or less teaches nothing
     * @param chargedInputTokens the charge without the reserved output; less than 0 teaches nothing
     */
    public void observe(String model, long estimatedInputTokens, long chargedInputTokens) {
        add(charged, model, estimatedInputTokens, chargedInputTokens);
    }

    /** Learns from the exact charge that a refusal names as {@code Requested} tokens. */
    public void observeRequested(RequestFacts facts, long requestedTokens) {
        observe(
                facts.model(),
                CostEstimator.estimatedInputTokens(facts),
                Math.max(0, requestedTokens - CostEstimator.reservedOutputTokens(facts)));
    }

    /** Learns what is billed from an answer's usage. */
    public void observeUsage(RequestFacts facts, Usage usage) {
        add(billed, facts.model(), CostEstimator.estimatedInputTokens(facts), usage.inputTokens());
    }

    private static double factor(ConcurrentHashMap<String, Ratio> ratios, String model) {
        Ratio ratio = ratios.get(ModelFamily.of(model));
        return ratio == null ? 1 : ratio.factor;
    }

    private static void add(ConcurrentHashMap<String, Ratio> ratios, String model, long estimated, long actual) {
        if (estimated > 0 && actual >= 0) {
            ratios.computeIfAbsent(ModelFamily.of(model), family -> new Ratio()).add(estimated, actual);
        }
    }

    private static final class Ratio {
        private double estimated;
        private double actual;
        /** Written under this object's monitor, read without. */
        private volatile double factor = 1;

        synchronized void add(long newEstimated, long newActual) {
            estimated = estimated * KEPT + newEstimated;
            actual = actual * KEPT + newActual;
            factor = Math.clamp(actual / estimated, LEAST, MOST);
        }
    }
}
