package dev.penstock.concurrency;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/** Model checking of C4: taking, releasing and ending permits from several threads look like single steps. */
public class PermitsLincheckTest {
    private final Permits permits = new Permits(new Aimd(Aimd.Settings.fixed(3)), 0, () -> 0);
    private final Permit first = permits.tryAcquire().orElseThrow();
    private final Permit second = permits.tryAcquire().orElseThrow();

    @Operation
    public boolean take() {
        return permits.tryAcquire().isPresent();
    }

    @Operation
    public void endTheFirst() {
        first.close();
    }

    @Operation
    public void endTheFirstWithSuccess() {
        first.succeeded();
    }

    @Operation
    public void endTheSecondWithOverload() {
        second.overloaded();
    }

    @Operation
    public int inFlight() {
        return permits.usage().inFlight();
    }

    @Test
    void c4EveryInterleavingIsLinearizable() {
        new ModelCheckingOptions()
                .iterations(20)
                .invocationsPerIteration(400)
                .threads(2)
                .actorsPerThread(3)
                .check(PermitsLincheckTest.class);
    }
}
