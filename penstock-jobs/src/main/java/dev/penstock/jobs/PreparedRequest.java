package dev.penstock.jobs;

import dev.penstock.wire.Endpoint;
import dev.penstock.wire.RequestFacts;

/**
 * A row as it is sent.
 *
 * @param endpoint where to
 * @param customId the row's own name: of a batch row its {@code custom_id}, of a table {@code row-} and its number
 * @param body the JSON text; of a batch row its very bytes. Not copied: nobody may change it
 * @param facts what the body says of its cost
 */
@SuppressWarnings("ArrayRecordComponent")
public record PreparedRequest(Endpoint endpoint, String customId, byte[] body, RequestFacts facts) {}
