package dev.penstock.retry;

import java.time.Duration;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/** Model checking of all that calls share: budget, gate and statistics look like single steps. */
public class RetryLincheckTest {
    private final RetryBudget budget = new RetryBudget(new RetryBudget.Settings(0.5, 0.1, Duration.ofSeconds(10)), 0);
    private final SharedGate gate = new SharedGate();
    private final RetryCounters counters = new RetryCounters();

    @Operation
    public void send() {
        budget.requestSent(0);
    }

    @Operation
    public boolean retry() {
        return budget.tryRetry(0);
    }

    @Operation
    public void throttle() {
        gate.throttled(Duration.ofSeconds(1), 0);
    }

    @Operation
    public long closed() {
        return gate.closedFor(gate.ask(null, 0), 0).toNanos();
    }

    @Operation
    public void accepted() {
        counters.acceptedAtOnce();
    }

    @Operation
    public long attempts() {
        return counters.snapshot().attempts();
    }

    @Operation
    public long balance() {
        return budget.balance(0);
    }

    @Operation
    public void refused() {
        counters.budgetRefused();
    }

    @Operation
    public long refusals() {
        return counters.snapshot().budgetRefusals();
    }

    @Test
    void everyInterleavingIsLinearizable() {
        new ModelCheckingOptions()
                .iterations(20)
                .invocationsPerIteration(400)
                .threads(2)
                .actorsPerThread(3)
                .check(RetryLincheckTest.class);
    }
}
