package dev.penstock.gateway;

import io.vertx.core.http.HttpServerResponse;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Answers at once, but keeps those back whose prompt says {@code hold} until a test lets them go. */
final class HeldAnswers implements ScriptedUpstream.Script {
    static final String STREAM = "data: {\"choices\":[]}\n\ndata: [DONE]\n\n";

    private record Held(ScriptedUpstream.Seen seen, HttpServerResponse response) {}

    private final Queue<Held> held = new ConcurrentLinkedQueue<>();

    @Override
    public void answer(ScriptedUpstream.Seen seen, HttpServerResponse response) {
        if (seen.body().toString().contains("hold")) {
            held.add(new Held(seen, response));
        } else {
            answerNow(seen, response);
        }
    }

    int held() {
        return held.size();
    }

    void untilHeld(int requests) {
        RunningGateway.until(requests + " are held", () -> held.size() == requests);
    }

    /** Answers the one that has been held longest. */
    void letGo() {
        Held first = held.remove();
        answerNow(first.seen(), first.response());
    }

    private static void answerNow(ScriptedUpstream.Seen seen, HttpServerResponse response) {
        if (seen.body().toString().contains("\"stream\":true")) {
            response.putHeader("content-type", "text/event-stream").setChunked(true);
            response.end(STREAM).onFailure(gone -> {});
        } else {
            ScriptedUpstream.json(response, 200, ScriptedUpstream.chatAnswer(3, 5));
        }
    }
}
