package dev.penstock.gateway.transport;

import io.vertx.core.MultiMap;
import java.util.Map;

/**
 * The headers of a request as an upstream gets them: the client's, byte for byte and in order, without those that concern
 * only the client's connection or Penstock itself. Immutable: made once for a request, used by each attempt.
 */
public final class OutboundHeaders {
    private OutboundHeaders() {}

    /** @param client all headers of a client's request */
    static OutboundHeaders of(MultiMap client) {
        throw new UnsupportedOperationException();
    }

    /**
     * The same with some headers set, in whatever case the client wrote them; an empty value removes one.
     *
     * @param values by name: credentials, as a rule
     */
    public OutboundHeaders with(Map<String, String> values) {
        throw new UnsupportedOperationException();
    }

    /** The same, asking for an answer that is not compressed, so that errors and usage can be read. */
    public OutboundHeaders uncompressed() {
        throw new UnsupportedOperationException();
    }
}
