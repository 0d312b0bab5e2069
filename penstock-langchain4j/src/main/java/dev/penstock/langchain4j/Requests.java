package dev.penstock.langchain4j;

import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.penstock.pacing.PacedRequest;
import dev.penstock.wire.HeaderLookup;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What LangChain4j's requests and answers say to pacing. */
final class Requests {
    private Requests() {}

    static PacedRequest read(HttpRequest request) {
        String method = request.method().name();
        PacedRequest paced = isForm(request)
                ? PacedRequest.read(method, request.url(), "application/json", Sketch.form(request.formDataFields()))
                : PacedRequest.read(method, request.url(), first(request.headers(), "Content-Type"), body(request));
        return first(request.headers(), "Idempotency-Key") == null ? paced : paced.withIdempotencyKey();
    }

    static HeaderLookup headers(SuccessfulHttpResponse response) {
        Map<String, List<String>> headers = response.headers();
        return name -> first(headers, name);
    }

    private static boolean isForm(HttpRequest request) {
        return !request.formDataFields().isEmpty() || !request.formDataFiles().isEmpty();
    }

    private static byte[] body(HttpRequest request) {
        String body = request.body();
        return body == null ? new byte[0] : body.getBytes(StandardCharsets.UTF_8);
    }

    private static @Nullable String first(@Nullable Map<String, List<String>> headers, String name) {
        if (headers == null) {
            return null;
        }
        for (Map.Entry<String, List<String>> header : headers.entrySet()) {
            if (name.equalsIgnoreCase(header.getKey()) && !header.getValue().isEmpty()) {
                return header.getValue().getFirst();
            }
        }
        return null;
    }
}
