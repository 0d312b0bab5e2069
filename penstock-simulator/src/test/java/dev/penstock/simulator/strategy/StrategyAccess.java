package dev.penstock.simulator.strategy;

import dev.penstock.retry.Judgement;
import dev.penstock.retry.Retry;
import dev.penstock.retry.RetryBudget;
import dev.penstock.retry.Stop;
import dev.penstock.retry.Wait;
import dev.penstock.simulator.Strategy;
import java.time.Duration;

/** For tests of another package. */
public final class StrategyAccess {
    private StrategyAccess() {}

    /** Retries with these waits until it is answered. */
    public static Strategy retrying(Wait wait) {
        Retry policy = Retry.builder()
                .classify(outcome -> Judgement.tryAgain("refused"))
                .stop(Stop.never())
                .wait(wait)
                .budget(new RetryBudget(new RetryBudget.Settings(1_000, 1e6, Duration.ofSeconds(1)), 0))
                .build();
        return new Retrying(new Retries(policy, false));
    }
}
