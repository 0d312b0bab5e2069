package dev.penstock.gateway;

import dev.penstock.gateway.config.ModelCaps;
import dev.penstock.gateway.config.Secret;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.limit.Limit;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Upstreams for tests. */
final class Upstreams {
    private Upstreams() {}

    static Upstream withKey(String name, int weight) {
        return new Upstream(
                name,
                URI.create("http://127.0.0.1:1/v1"),
                Optional.of(new Secret("sk-test-" + name)),
                Optional.empty(),
                Optional.empty(),
                weight,
                List.of(),
                List.of(),
                OptionalInt.empty());
    }

    static Upstream capped(Upstream upstream, int concurrency, Limit... limits) {
        return new Upstream(
                upstream.name(),
                upstream.baseUrl(),
                upstream.key(),
                upstream.organization(),
                upstream.project(),
                upstream.weight(),
                upstream.models(),
                limits.length == 0 ? List.of() : List.of(new ModelCaps("*", List.of(limits))),
                concurrency == 0 ? OptionalInt.empty() : OptionalInt.of(concurrency));
    }
}
