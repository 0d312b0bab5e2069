package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class CostCalibrationTest {
    private final CostCalibration calibration = new CostCalibration();

    @Test
    void untilTheFirstObservationATwentiethIsAdded() {
        assertThat(calibration.chargeFactor("gpt-4o")).isEqualTo(1.05);
        assertThat(calibration.billingFactor("gpt-4o")).isEqualTo(1.0);
    }

    @Test
    void theFirstObservationIsBelieved() {
        calibration.observe("gpt-4o", 100, 80);
        assertThat(calibration.chargeFactor("gpt-4o-2024-08-06")).isCloseTo(1.05 * 0.8, within(1e-9));
        assertThat(calibration.chargeFactor("gpt-4o-mini")).isEqualTo(1.05);
        assertThat(calibration.billingFactor("gpt-4o")).isEqualTo(1.0);
    }

    @Test
    void oneOutlierMovesItLittleAndAChangeWinsInTime() {
        for (int i = 0; i < 50; i++) {
            calibration.observe("gpt-4o", 100, 80);
        }
        calibration.observe("gpt-4o", 100, 140);
        assertThat(calibration.chargeFactor("gpt-4o")).isCloseTo(1.05 * 0.86, within(0.01));
        for (int i = 0; i < 60; i++) {
            calibration.observe("gpt-4o", 100, 140);
        }
        assertThat(calibration.chargeFactor("gpt-4o")).isCloseTo(1.05 * 1.4, within(0.01));
    }

    @Test
    void itStaysWithinItsBounds() {
        calibration.observe("a", 100, 0);
        calibration.observe("b", 100, 100_000);
        assertThat(calibration.chargeFactor("a")).isCloseTo(1.05 * 0.3, within(1e-9));
        assertThat(calibration.chargeFactor("b")).isCloseTo(1.05 * 1.5, within(1e-9));
    }

    @Test
    void nonsenseTeachesNothing() {
        calibration.observe("a", 0, 10);
        calibration.observe("a", 10, -1);
        assertThat(calibration.chargeFactor("a")).isEqualTo(1.05);
    }

    @Test
    void usageTeachesWhatIsBilledAlone() {
        RequestFacts facts = RequestFacts.read(
                Endpoint.CHAT_COMPLETIONS,
                "{\"model\":\"gpt-4o\",\"messages\":[{\"content\":\"Who is Joseph Conrad?\"}]}"
                        .getBytes(StandardCharsets.UTF_8));
        calibration.observeUsage(facts, new Usage(12, 0, 175));
        assertThat(calibration.billingFactor("gpt-4o")).isCloseTo(12 / 13.0, within(1e-9));
        assertThat(calibration.chargeFactor("gpt-4o")).isEqualTo(1.05);
    }
}
