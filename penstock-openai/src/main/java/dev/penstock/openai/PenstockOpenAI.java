package dev.penstock.openai;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.core.ClientOptions;
import com.openai.core.http.HttpClient;
import dev.penstock.pacing.Penstock;

/**
 * The official OpenAI client for Java, paced: calls wait for quota instead of failing with 429, faults are repeated within
 * a retry budget, and what cannot succeed fails at once, with the client's own exceptions.
 *
 * {@snippet class="OpenAISnippets" region="pace"}
 *
 * <p>The client that comes back sends through the given one, at whatever address and with whatever key and settings that
 * has; use only the one that comes back. Closing it closes the given one. Clients that use the same account are paced by
 * the same {@link Penstock}.
 *
 * <p>What changes:
 *
 * <ul>
 *   <li>Every attempt waits for its turn and takes room for its tokens. A call that cannot start in time fails with a
 *       {@link dev.penstock.pacing.RefusedException}, before it is sent.
 *   <li>The client's own retries ({@code maxRetries}) are switched off, as Penstock repeats what is worth it. Where they are
 *       switched on again afterwards, failures carry {@code x-should-retry: false}, which the client keeps to.
 *   <li>Asynchronous calls run on threads of their own (virtual ones on Java 24 and later) and not on the HTTP library's
 *       dispatcher, which lets no more than 64 run at a time. How many run follows from the quota, or from
 *       {@link Penstock.Builder#concurrency}.
 *   <li>{@code timeout} holds for each attempt, not for the wait before it; {@link Penstock.Builder#patience} bounds the
 *       wait.
 *   <li>An answer that is no stream is read whole, up to a megabyte, before it is handed on, so that one that breaks off is
 *       asked for again. Streams are handed on as they come; one that breaks off after its beginning is not repeated.
 * </ul>
 *
 * <p>The client logs and signs what it sends as before; where a log level is set, each call is logged once as a whole and
 * once for each attempt.
 */
public final class PenstockOpenAI {
    private PenstockOpenAI() {}

    /** A client that sends through this one when there is quota. */
    public static OpenAIClient pace(OpenAIClient client, Penstock penstock) {
        return client.withOptions(options -> paceOptions(options, penstock));
    }

    /** A client that sends through this one when there is quota. */
    public static OpenAIClientAsync pace(OpenAIClientAsync client, Penstock penstock) {
        return client.withOptions(options -> paceOptions(options, penstock));
    }

    /**
     * The HTTP client alone, for who builds {@link ClientOptions} by hand. Set {@code maxRetries(0)} beside it.
     *
     * @param client sends what has its turn; is closed with the one that comes back
     */
    public static HttpClient pace(HttpClient client, Penstock penstock) {
        return new PacedHttpClient(client, penstock);
    }

    private static void paceOptions(ClientOptions.Builder options, Penstock penstock) {
        // What was built before stays reachable through this, so that the client does not take it for abandoned.
        HttpClient before = options.maxRetries(0).build().httpClient();
        options.httpClient(new PacedHttpClient(before, penstock));
    }
}
