package dev.penstock.jobs;

import dev.penstock.wire.Endpoint;
import dev.penstock.wire.MalformedRequestException;
import dev.penstock.wire.RequestFacts;

/** Checks what every request of a job must have, whatever its row looked like. */
final class Requests {
    private Requests() {}

    /**
     * A request with the facts of its body.
     *
     * @param bodyStart the body's offset in the row, for placing errors
     */
    static PreparedRequest prepare(Endpoint endpoint, String customId, byte[] body, int bodyStart)
            throws BadRowException {
        RequestFacts facts;
        try {
            facts = RequestFacts.read(endpoint, body);
        } catch (MalformedRequestException e) {
            throw new BadRowException(bodyStart + offset(body, e), "in the body, " + e.expected());
        }
        if (facts.model().isEmpty() && endpoint != Endpoint.MODERATIONS) {
            throw new BadRowException(bodyStart, "the body names no model; expected \"model\" with a model's name");
        }
        if (facts.stream()) {
            throw new BadRowException(
                    bodyStart, "the body asks for a stream; a job stores whole answers, so leave \"stream\" out");
        }
        return new PreparedRequest(endpoint, customId, body, facts);
    }

    private static int offset(byte[] body, MalformedRequestException e) {
        int at = 0;
        for (int line = 1; line < e.line() && at < body.length; at++) {
            if (body[at] == '\n') {
                line++;
            }
        }
        return Math.min(body.length, at + e.column() - 1);
    }
}
