package dev.penstock.openai;

import com.openai.core.http.HttpRequest;
import com.openai.core.http.HttpRequestBody;
import java.io.ByteArrayOutputStream;

/** Reads bodies once, so that they can be understood and repeated. */
final class Bodies {
    /** As much is taken into memory; a larger upload goes through as it comes, once. */
    private static final long MOST_BYTES = 32 << 20;

    private Bodies() {}

    /** The request with its body in memory; unchanged if it has none, or one that can be read once only or is too large. */
    static HttpRequest held(HttpRequest request) {
        HttpRequestBody body = request.body();
        if (body == null || !body.repeatable() || body.contentLength() < 0 || body.contentLength() > MOST_BYTES) {
            return request;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(Math.toIntExact(body.contentLength()));
        body.writeTo(bytes);
        return request.toBuilder()
                .body(new HeldBody(bytes.toByteArray(), body.contentType()))
                .build();
    }
}
