package dev.penstock.quota;

import static dev.penstock.limit.Dimension.REQUESTS_PER_MINUTE;
import static dev.penstock.limit.Dimension.TOKENS_PER_MINUTE;

import dev.penstock.limit.Cost;
import dev.penstock.limit.Limit;
import dev.penstock.quota.Admission.Granted;
import java.util.List;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/** Model checking of P8: reserving over several limits and settling look like single steps from any thread. */
public class QuotaLincheckTest {
    private final Quota quota = new Quota(QuotaSettings.learnEverything()
            .withCaps(List.of(new Limit(REQUESTS_PER_MINUTE, 4), new Limit(TOKENS_PER_MINUTE, 30))));
    private final Reservation first = ((Granted) quota.reserve(Cost.ofTokens(10), 0)).reservation();

    public QuotaLincheckTest() {
        // From here on only the caps decide.
        quota.settle(first, new Settlement.Answered(List.of()), 0);
    }

    private final Reservation second = ((Granted) quota.reserve(Cost.ofTokens(5), 100_000_000)).reservation();

    @Operation
    public boolean reserveSmall() {
        return quota.reserve(Cost.ofTokens(1), 100_000_000) instanceof Granted;
    }

    @Operation
    public boolean reserveLarge() {
        return quota.reserve(Cost.ofTokens(15), 100_000_000) instanceof Granted;
    }

    @Operation
    public boolean giveBack() {
        return quota.settle(second, new Settlement.NeverSent(), 100_000_000);
    }

    @Operation
    public boolean answer() {
        return quota.settle(second, new Settlement.Answered(List.of()), 100_000_000);
    }

    @Operation
    public int inFlight() {
        return quota.snapshot(100_000_000).inFlight();
    }

    @Test
    void p8EveryInterleavingIsLinearizable() {
        new ModelCheckingOptions()
                .iterations(8)
                .invocationsPerIteration(150)
                .threads(2)
                .actorsPerThread(3)
                .check(QuotaLincheckTest.class);
    }
}
