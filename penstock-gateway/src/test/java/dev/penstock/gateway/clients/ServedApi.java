package dev.penstock.gateway.clients;

import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.Ledger;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.gateway.Gateway;
import dev.penstock.gateway.GatewayEvents;
import dev.penstock.gateway.GatewaySettings;
import dev.penstock.gateway.config.GatewayConfig;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import java.net.URI;
import java.util.List;
import java.util.function.Function;

/** What a client is given as its base URL, and what its upstream saw of it. */
interface ServedApi extends AutoCloseable {
    /** Ends in {@code /v1}. */
    URI baseUrl();

    /** What arrived at the upstream. */
    Ledger ledger();

    @Override
    void close();

    /** The emulator itself; clients meet its refusals. */
    static ServedApi emulator(FamilyLimits limits, Latency latency) {
        return served(emulated(limits, latency, Shape.parse("bucket")), () -> {}, Emulator::baseUri);
    }

    /**
     * A gateway in front of an emulator that lets {@code perSecond} requests through and no burst beyond that: scripts of a
     * hundred calls ask for many times as much.
     */
    static ServedApi gateway(int perSecond, Latency latency) {
        FamilyLimits limits = FamilyLimits.same(List.of(new Limit(Dimension.REQUESTS_PER_MINUTE, 60L * perSecond)));
        Emulator emulator = emulated(limits, latency, Shape.parse("quantized"));
        Gateway gateway = Gateway.start(
                GatewaySettings.of(GatewayConfig.of(Upstream.passingOn("main", emulator.baseUri())), 0),
                new GatewayEvents() {});
        return served(emulator, gateway::close, unused -> gateway.baseUri());
    }

    private static Emulator emulated(FamilyLimits limits, Latency latency, Shape shape) {
        return Emulator.start(EmulatorSettings.of(TwinSettings.builder()
                .limits(limits)
                .latency(latency)
                .shape(shape)
                .build()));
    }

    private static ServedApi served(Emulator emulator, Runnable before, Function<Emulator, URI> baseUrl) {
        return new ServedApi() {
            @Override
            public URI baseUrl() {
                return baseUrl.apply(emulator);
            }

            @Override
            public Ledger ledger() {
                return emulator.ledger();
            }

            @Override
            public void close() {
                before.run();
                emulator.close();
            }
        };
    }
}
