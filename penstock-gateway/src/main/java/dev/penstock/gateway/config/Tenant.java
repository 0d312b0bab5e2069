package dev.penstock.gateway.config;

import dev.penstock.limit.Limit;
import dev.penstock.queue.Priority;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Who shares the quota with others.
 *
 * @param name for people, metrics and the fair queue; unique
 * @param weight share of the quota among tenants that wait, 0.01 to 1,000
 * @param priority the band of its requests that name none; they may name a lower one, never a higher
 * @param models patterns of the models that it may use; empty for all
 * @param limits its own limits over all models, beside the upstream's
 * @param concurrency the most of its calls in flight; empty for no cap
 * @param budget what it may spend; empty for no bound
 */
public record Tenant(
        String name,
        double weight,
        Priority priority,
        List<String> models,
        List<Limit> limits,
        OptionalInt concurrency,
        Optional<Budget> budget) {
    public Tenant {
        models = List.copyOf(models);
        limits = List.copyOf(limits);
    }

    /** Whether it may use a model, of this full name; also if only the model's family matches a pattern. */
    public boolean mayUse(String model) {
        return Glob.allow(models, model);
    }

    /** Somebody of whom only a name is known: weight 1, any band, nothing bounded. */
    public static Tenant unknown(String name) {
        return new Tenant(name, 1, Priority.INTERACTIVE, List.of(), List.of(), OptionalInt.empty(), Optional.empty());
    }
}
