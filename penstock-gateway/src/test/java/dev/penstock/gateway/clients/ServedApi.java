package dev.penstock.gateway.clients;

import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.Ledger;
import dev.penstock.emulator.TwinSettings;
import java.net.URI;

/** What a client is given as its base URL, and what its upstream saw of it. */
interface ServedApi extends AutoCloseable {
    /** Ends in {@code /v1}. */
    URI baseUrl();

    /** What arrived at the upstream. */
    Ledger ledger();

    @Override
    void close();

    /** The emulator itself, without limits. */
    static ServedApi withoutLimits(Latency latency) {
        return emulator(FamilyLimits.none(), latency);
    }

    /** The emulator itself; clients meet its refusals. */
    static ServedApi emulator(FamilyLimits limits, Latency latency) {
        Emulator emulator = Emulator.start(EmulatorSettings.of(
                TwinSettings.builder().limits(limits).latency(latency).build()));
        return new ServedApi() {
            @Override
            public URI baseUrl() {
                return emulator.baseUri();
            }

            @Override
            public Ledger ledger() {
                return emulator.ledger();
            }

            @Override
            public void close() {
                emulator.close();
            }
        };
    }
}
