package dev.penstock.gateway.transport;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Locale;
import java.util.Map;

/**
 * The headers of a request as an upstream gets them: the client's, byte for byte and in order, without those that concern
 * only the client's connection or Penstock itself. Immutable: made once for a request, used by each attempt.
 */
public final class OutboundHeaders {
    private final MultiMap headers;

    private OutboundHeaders(MultiMap headers) {
        this.headers = headers;
    }

    /** @param client all headers of a client's request */
    static OutboundHeaders of(MultiMap client) {
        HopByHop dropped = HopByHop.of(client);
        MultiMap kept = HttpHeaders.headers();
        for (Map.Entry<String, String> header : client) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (!dropped.holds(name) && !isOurs(name)) {
                kept.add(header.getKey(), header.getValue());
            }
        }
        return new OutboundHeaders(kept);
    }

    /** Made anew for each connection, or meant for Penstock. */
    private static boolean isOurs(String name) {
        return switch (name) {
            case "host", "content-length", "expect", "x-request-deadline-ms" -> true;
            default -> name.startsWith("x-penstock-");
        };
    }

    /**
     * The same with some headers set, in whatever case the client wrote them; an empty value removes one.
     *
     * @param values by name: credentials, as a rule
     */
    public OutboundHeaders with(Map<String, String> values) {
        if (values.isEmpty()) {
            return this;
        }
        MultiMap changed = headers.copy(true);
        for (Map.Entry<String, String> header : values.entrySet()) {
            if (header.getValue().isEmpty()) {
                changed.remove(header.getKey());
            } else {
                changed.set(header.getKey(), header.getValue());
            }
        }
        return new OutboundHeaders(changed);
    }

    /** Not to be changed. */
    MultiMap toMultiMap() {
        return headers;
    }
}
