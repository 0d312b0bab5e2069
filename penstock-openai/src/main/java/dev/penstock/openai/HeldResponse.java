package dev.penstock.openai;

import com.openai.core.http.Headers;
import com.openai.core.http.HttpResponse;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;

/** An answer of which the body, or its beginning, is in memory. */
final class HeldResponse implements HttpResponse {
    private final HttpResponse original;
    private final Headers headers;
    private final InputStream body;

    private HeldResponse(HttpResponse original, Headers headers, InputStream body) {
        this.original = original;
        this.headers = headers;
        this.body = body;
    }

    /** All of it is there, and the original is closed. */
    static HttpResponse answer(HttpResponse original, byte[] body) {
        return new HeldResponse(original, original.headers(), new ByteArrayInputStream(body));
    }

    /** What could be gained by repeating it has been tried, and the client is told so. */
    static HttpResponse refusal(HttpResponse original, byte[] body) {
        Headers headers = original.headers().toBuilder()
                .replace("x-should-retry", "false")
                .build();
        return new HeldResponse(original, headers, new ByteArrayInputStream(body));
    }

    /** The rest is still to come. */
    static HttpResponse begun(HttpResponse original, byte[] begin) {
        return new HeldResponse(
                original,
                original.headers(),
                new SequenceInputStream(new ByteArrayInputStream(begin), original.body()));
    }

    @Override
    public int statusCode() {
        return original.statusCode();
    }

    @Override
    public Headers headers() {
        return headers;
    }

    @Override
    public InputStream body() {
        return body;
    }

    @Override
    public void close() {
        original.close();
    }
}
