package dev.penstock.jobs;

import dev.penstock.time.Ticker;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.BatchObject;
import dev.penstock.wire.ErrorBody;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The batches of an account, whoever created them.
 *
 * @param batches the newest first
 * @param trouble why there are not more, one or two sentences; empty if nothing went wrong
 */
public record BatchList(List<BatchObject> batches, Optional<Trouble> trouble) {
    private static final int PAGE = 100;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    public BatchList {
        batches = List.copyOf(batches);
    }

    /**
     * What went wrong.
     *
     * @param explanation one or two sentences
     */
    public record Trouble(String explanation) {}

    /**
     * Asks for them.
     *
     * @param most how many at most, 1 or more
     */
    public static BatchList read(URI baseUrl, Optional<String> apiKey, String toolVersion, int most) {
        Vertx vertx = JobRun.vertx();
        try {
            BatchClient client = new BatchClient(vertx, baseUrl, apiKey, toolVersion, PATIENCE, Ticker.system());
            List<BatchObject> batches = new ArrayList<>();
            String after = "";
            while (batches.size() < most) {
                ApiReply reply = client.get("/batches?limit=" + Math.min(PAGE, most - batches.size()) + after);
                Optional<BatchObject.Page> page = reply.isOk() ? BatchObject.readPage(reply.body()) : Optional.empty();
                if (page.isEmpty()) {
                    return new BatchList(batches, Optional.of(new Trouble(explanation(reply))));
                }
                batches.addAll(page.get().batches());
                if (!page.get().hasMore() || page.get().lastId().isEmpty()) {
                    break;
                }
                after = "&after=" + BatchClient.escaped(page.get().lastId().get());
            }
            return new BatchList(batches, Optional.empty());
        } finally {
            JobRun.close(vertx);
        }
    }

    private static String explanation(ApiReply reply) {
        if (reply.verdict() instanceof Verdict.Accepted) {
            return "The answer is not a list of batches; check the base URL.";
        }
        String message = ErrorBody.of(reply.body()).message();
        return reply.verdict().explanation() + (message.isEmpty() ? "" : " The provider says: " + message);
    }
}
