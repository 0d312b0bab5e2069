package dev.penstock.gateway.config;

import dev.penstock.limit.Limit;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One place that answers, and as whom it is called.
 *
 * @param name for people, unique
 * @param baseUrl where it is, up to and including {@code /v1} or what stands for it
 * @param key the key that is sent instead of the client's; empty to pass the client's own on
 * @param organization value of {@code OpenAI-Organization} to send instead of the client's
 * @param project value of {@code OpenAI-Project} to send instead of the client's
 * @param weight share of the work among upstreams that have room, 1 to 1,000
 * @param models patterns of the models that it serves, {@code *} for any characters; empty for all
 * @param caps limits of the user's own, by pattern of model families; the first that matches counts
 * @param concurrency the most calls in flight for one model family; empty for no cap
 */
public record Upstream(
        String name,
        URI baseUrl,
        Optional<Secret> key,
        Optional<String> organization,
        Optional<String> project,
        int weight,
        List<String> models,
        List<ModelCaps> caps,
        OptionalInt concurrency) {
    public Upstream {
        models = List.copyOf(models);
        caps = List.copyOf(caps);
    }

    /** Whether a model, of this full name, may be asked for here; also if only its family matches a pattern. */
    public boolean serves(String model) {
        return Glob.allow(models, model);
    }

    /** The user's own limits for a model family: those of the first pattern that matches. */
    public List<Limit> capsFor(String family) {
        for (ModelCaps each : caps) {
            if (new Glob(each.models()).matches(family)) {
                return each.limits();
            }
        }
        return List.of();
    }

    /** An upstream that passes the client's key on and has no caps. */
    public static Upstream passingOn(String name, URI baseUrl) {
        return new Upstream(
                name,
                baseUrl,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                1,
                List.of(),
                List.of(),
                OptionalInt.empty());
    }
}
