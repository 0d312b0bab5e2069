package dev.penstock.simulator;

import dev.penstock.emulator.Latency;
import java.util.random.RandomGenerator;

/** The emulator's latencies, drawn so that they are the same on every machine. */
final class ServiceTime {
    private ServiceTime() {}

    static long nanos(Latency latency, long outputTokens, RandomGenerator random) {
        return switch (latency) {
            case Latency.Constant constant -> constant.time().toNanos();
            case Latency.Uniform uniform ->
                uniform.least().toNanos()
                        + (long) (random.nextDouble()
                                * (uniform.most().toNanos() - uniform.least().toNanos()));
            case Latency.LogNormal lognormal ->
                (long) (lognormal.median().toNanos() * StrictMath.exp(lognormal.sigma() * random.nextGaussian()));
            case Latency.PerToken perToken ->
                perToken.first().toNanos() + (long) (outputTokens / perToken.tokensPerSecond() * 1e9);
        };
    }

    static double meanSeconds(Latency latency, double outputTokens) {
        return switch (latency) {
            case Latency.Constant constant -> constant.time().toNanos() / 1e9;
            case Latency.Uniform uniform ->
                (uniform.least().toNanos() + uniform.most().toNanos()) / 2e9;
            case Latency.LogNormal lognormal ->
                lognormal.median().toNanos() / 1e9 * StrictMath.exp(lognormal.sigma() * lognormal.sigma() / 2);
            case Latency.PerToken perToken ->
                perToken.first().toNanos() / 1e9 + outputTokens / perToken.tokensPerSecond();
        };
    }
}
