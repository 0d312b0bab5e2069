package dev.penstock.pacing;

import dev.penstock.limit.Cost;
import dev.penstock.queue.Arrival;
import dev.penstock.queue.Priority;
import dev.penstock.wire.ModelFamily;

/**
 * What a request asks of a quota. Immutable.
 *
 * @param family whose limits it draws on: requests of the same family wait in the same queue. Any name; that of a model's
 *     family ({@link ModelFamily}) where a model is called
 * @param cost what the provider will charge
 * @param tenant among whom the quota is shared fairly; the same for all where nobody is to be told apart
 * @param weight of the tenant's part, {@value Arrival#MIN_WEIGHT} to {@value Arrival#MAX_WEIGHT}, usually 1
 * @param priority its band
 */
public record Ask(String family, Cost cost, String tenant, double weight, Priority priority) {
    private static final String NOBODY = "";

    public Ask {
        if (!(weight >= Arrival.MIN_WEIGHT && weight <= Arrival.MAX_WEIGHT)) {
            throw new IllegalArgumentException("weight of tenant '" + tenant + "' is " + weight + "; it must be "
                    + Arrival.MIN_WEIGHT + " to " + Arrival.MAX_WEIGHT + ", usually 1");
        }
    }

    /** A request to a model. */
    public static Ask of(String model, Cost cost) {
        return new Ask(ModelFamily.of(model), cost, NOBODY, 1, Priority.NORMAL);
    }

    /**
     * One request to a model.
     *
     * @param tokens its input and the most output that it allows, as the provider charges them
     */
    public static Ask tokens(String model, long tokens) {
        return of(model, Cost.ofTokens(tokens));
    }

    /** One request to a model of which no tokens are counted. */
    public static Ask request(String model) {
        return of(model, new Cost(1, 0, 0));
    }

    /** The same for a tenant of weight 1. */
    public Ask withTenant(String name) {
        return withTenant(name, 1);
    }

    /** The same for a tenant of this weight. */
    public Ask withTenant(String name, double newWeight) {
        return new Ask(family, cost, name, newWeight, priority);
    }

    /** The same in another band. */
    public Ask withPriority(Priority band) {
        return new Ask(family, cost, tenant, weight, band);
    }
}
