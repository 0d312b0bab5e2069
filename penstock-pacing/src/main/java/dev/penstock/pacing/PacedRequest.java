package dev.penstock.pacing;

import dev.penstock.queue.Arrival;
import dev.penstock.queue.Priority;
import dev.penstock.wire.Endpoint;
import dev.penstock.wire.MalformedRequestException;
import dev.penstock.wire.RequestFacts;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP request of some client, as far as pacing has to know it: whose limits it draws on, what it costs, whether it can
 * be repeated. Immutable and thread-safe; keeps the body that it was read from.
 */
public final class PacedRequest {
    private static final byte[] NO_BYTES = {};

    private final Optional<RequestFacts> facts;
    private final byte[] body;
    /** Whether it can be sent again at all. */
    private final boolean repeatable;
    /** Whether repeating it when its fate is unknown does no harm. */
    private final boolean harmlessToRepeat;

    private final String tenant;
    private final double weight;
    private final Priority priority;
    private final Optional<Duration> patience;

    private PacedRequest(
            Optional<RequestFacts> facts,
            byte[] body,
            boolean repeatable,
            boolean harmlessToRepeat,
            String tenant,
            double weight,
            Priority priority,
            Optional<Duration> patience) {
        this.facts = facts;
        this.body = body;
        this.repeatable = repeatable;
        this.harmlessToRepeat = harmlessToRepeat;
        this.tenant = tenant;
        this.weight = weight;
        this.priority = priority;
        this.patience = patience;
    }

    /**
     * Reads a request whose body is at hand, so that it can be sent again. Where the path is none that draws on quotas, or
     * the body is not understood (the provider will say what is wrong with it), it is one request to no model.
     *
     * @param method of HTTP, in whatever case
     * @param path of the request; only its end is looked at, as bases differ: {@code /v1/chat/completions}
     * @param contentType of the body, or null
     * @param body as it is sent; must not be changed afterwards
     */
    public static PacedRequest read(String method, String path, @Nullable String contentType, byte[] body) {
        Optional<Endpoint> endpoint = endpoint(method, path);
        Optional<RequestFacts> facts = endpoint.flatMap(known -> facts(known, contentType, body));
        return new PacedRequest(
                facts, body, true, endpoint.isPresent() || !creates(method), "", 1, Priority.NORMAL, Optional.empty());
    }

    /** A request whose body is not at hand: one request to no model that is sent once. */
    public static PacedRequest unread(String method) {
        return new PacedRequest(
                Optional.empty(), NO_BYTES, false, !creates(method), "", 1, Priority.NORMAL, Optional.empty());
    }

    /** The same of a tenant, among whom the quota is shared. */
    public PacedRequest withTenant(String name, double newWeight) {
        if (!(newWeight >= Arrival.MIN_WEIGHT && newWeight <= Arrival.MAX_WEIGHT)) {
            throw new IllegalArgumentException("weight of tenant '" + name + "' is " + newWeight + "; it must be "
                    + Arrival.MIN_WEIGHT + " to " + Arrival.MAX_WEIGHT + ", usually 1");
        }
        return new PacedRequest(facts, body, repeatable, harmlessToRepeat, name, newWeight, priority, patience);
    }

    /** The same in a band. */
    public PacedRequest withPriority(Priority band) {
        return new PacedRequest(facts, body, repeatable, harmlessToRepeat, tenant, weight, band, patience);
    }

    /** The same, whose last attempt must have started by this time after it asked first. */
    public PacedRequest withPatience(Duration time) {
        return new PacedRequest(facts, body, repeatable, harmlessToRepeat, tenant, weight, priority, Optional.of(time));
    }

    /** The same with an idempotency key: repeating it does no harm, whatever became of it. */
    public PacedRequest withIdempotencyKey() {
        return new PacedRequest(facts, body, repeatable, true, tenant, weight, priority, patience);
    }

    /** What the body says about its cost; empty where nothing is known. */
    public Optional<RequestFacts> facts() {
        return facts;
    }

    /** Whether it can be sent again. */
    public boolean repeatable() {
        return repeatable;
    }

    /** Whether the answer is asked for as a stream. */
    public boolean streams() {
        return facts.map(RequestFacts::stream).orElse(false);
    }

    byte[] body() {
        return body;
    }

    boolean harmlessToRepeat() {
        return harmlessToRepeat;
    }

    String tenant() {
        return tenant;
    }

    double weight() {
        return weight;
    }

    Priority priority() {
        return priority;
    }

    Optional<Duration> patience() {
        return patience;
    }

    private static Optional<RequestFacts> facts(Endpoint endpoint, @Nullable String contentType, byte[] body) {
        try {
            return Optional.of(RequestFacts.read(endpoint, contentType, body));
        } catch (MalformedRequestException theProviderSaysWhatIsWrong) {
            return Optional.empty();
        }
    }

    private static Optional<Endpoint> endpoint(String method, String path) {
        if (!method.equalsIgnoreCase("POST")) {
            return Optional.empty();
        }
        int query = path.indexOf('?');
        String plain = query < 0 ? path : path.substring(0, query);
        // Longer names first in the enum: chat/completions ends like completions.
        for (Endpoint endpoint : Endpoint.values()) {
            if (plain.endsWith(endpoint.path().substring("/v1".length()))) {
                return Optional.of(endpoint);
            }
        }
        return Optional.empty();
    }

    private static boolean creates(String method) {
        return switch (method.toUpperCase(Locale.ROOT)) {
            case "POST", "PATCH" -> true;
            default -> false;
        };
    }
}
