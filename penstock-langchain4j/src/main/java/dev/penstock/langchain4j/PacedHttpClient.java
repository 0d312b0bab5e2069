package dev.penstock.langchain4j;

import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import dev.penstock.pacing.Penstock;

/** Sends each attempt when it has its turn, and repeats what is worth it. Safe for use by several threads. */
final class PacedHttpClient implements HttpClient {
    private final HttpClient client;
    private final Penstock penstock;

    PacedHttpClient(HttpClient client, Penstock penstock) {
        this.client = client;
        this.penstock = penstock;
    }

    @Override
    public SuccessfulHttpResponse execute(HttpRequest request) {
        return Blocking.run(penstock.paced(Requests.read(request)), call -> {
            SuccessfulHttpResponse response = client.execute(request);
            call.accepted(Requests.headers(response));
            return response;
        });
    }

    @Override
    public void execute(HttpRequest request, ServerSentEventParser parser, ServerSentEventListener listener) {
        new PacedStream(client, request, parser, listener, penstock.paced(Requests.read(request))).start();
    }
}
