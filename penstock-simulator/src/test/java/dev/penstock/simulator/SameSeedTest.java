package dev.penstock.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.simulator.strategy.Strategies;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The same seed gives the same bytes, on any machine and JDK. */
class SameSeedTest {
    /** Of everything below. A change of this is a change of what users see for a seed: it belongs into the changelog. */
    private static final String GOLDEN = "fe42da448a3860d8cd5be2c14092068a";

    @Test
    void allResultsOfASeedAreTheSameToTheLastBit() throws NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        List<Traffic> traffics = List.of(
                new Traffic.Steady(12, 0.2),
                new Traffic.Poisson(12),
                new Traffic.Diurnal(12, 0.7, Duration.ofSeconds(30)),
                new Traffic.Ramp(0, 25, Duration.ofSeconds(20)));
        for (Traffic traffic : traffics) {
            Scenario scenario = Scenarios.overload().traffic(traffic).seed(42).build();
            for (String strategy : Strategies.names()) {
                add(digest, Scenarios.run(scenario, strategy));
            }
        }
        assertThat(HexFormat.of().formatHex(digest.digest()).substring(0, 32)).isEqualTo(GOLDEN);
    }

    @Test
    void anotherSeedGivesOtherTraffic() throws NoSuchAlgorithmException {
        assertThat(ofSeed(1)).isEqualTo(ofSeed(1)).isNotEqualTo(ofSeed(2));
    }

    @Test
    void everyStrategyMeetsTheSameRequests() {
        Scenario scenario = Scenarios.overload().build();
        Workload one = new Workload(scenario);
        Workload other = new Workload(scenario);
        for (int i = 0; i < 300; i++) {
            Call a = one.next();
            Call b = other.next();
            assertThat(a).isNotNull();
            assertThat(b).isNotNull();
            if (a != null && b != null) {
                assertThat(a.arrivedNanos()).isEqualTo(b.arrivedNanos());
                assertThat(a.tokens()).isEqualTo(b.tokens());
                assertThat(a.latencyNanos).isEqualTo(b.latencyNanos);
            }
        }
    }

    private static String ofSeed(long seed) throws NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        add(digest, Scenarios.run(Scenarios.overload().seed(seed).build(), "tenacity"));
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void add(MessageDigest digest, Result result) {
        ByteBuffer bytes = ByteBuffer.allocate(16 * 8 + result.series().points() * 9 * 8);
        bytes.putLong(result.processed()).putLong(result.accepted()).putLong(result.rejected());
        bytes.putLong(result.givenUp()).putLong(result.calls());
        bytes.putDouble(result.makespanSeconds()).putDouble(result.bestPossibleSeconds());
        bytes.putDouble(result.quotaUsed()).putDouble(result.wastedCallsPerSuccess());
        for (double part : List.of(0.5, 0.95, 0.99)) {
            bytes.putLong(result.waits().percentile(part).toNanos());
        }
        bytes.putLong(result.waits().mean().toNanos());
        bytes.putDouble(result.cost().orElseThrow().doubleValue());
        Series series = result.series();
        for (int i = 0; i < series.points(); i++) {
            bytes.putDouble(series.offered(i)).putDouble(series.accepted(i)).putDouble(series.rejected(i));
            bytes.putDouble(series.inFlight(i)).putDouble(series.waiting(i));
            bytes.putLong(series.remaining(0, i)).putLong(series.remaining(1, i));
        }
        digest.update(bytes.flip());
    }
}
