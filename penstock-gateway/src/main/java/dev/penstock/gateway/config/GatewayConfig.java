package dev.penstock.gateway.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a gateway is told.
 *
 * @param upstreams one or more
 * @param keys who may come in; empty to let everybody in who can reach the port
 * @param keepAlive how often a waiting stream is told that it still waits; empty to keep silent unless a request asks
 * @param joinIdentical whether identical requests of one tenant that run at the same time are sent once
 * @param stateFile where spent budgets are kept; empty to forget them at the end
 */
public record GatewayConfig(
        List<Upstream> upstreams,
        KeyRing keys,
        QueueSettings queue,
        Optional<Duration> keepAlive,
        boolean joinIdentical,
        Optional<Path> stateFile) {
    public GatewayConfig {
        upstreams = List.copyOf(upstreams);
        if (upstreams.isEmpty()) {
            throw new IllegalArgumentException("there is no upstream; a gateway needs at least one");
        }
    }

    /** One upstream, no virtual keys, everything else by default. */
    public static GatewayConfig of(Upstream upstream) {
        return new GatewayConfig(
                List.of(upstream), KeyRing.open(), QueueSettings.DEFAULT, Optional.empty(), false, Optional.empty());
    }
}
