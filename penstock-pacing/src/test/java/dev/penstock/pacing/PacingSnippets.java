package dev.penstock.pacing;

import dev.penstock.queue.Priority;
import dev.penstock.wire.HeaderLookup;
import dev.penstock.wire.RateLimitHeaders;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What the Javadoc and the documentation show: compiled here, and run by {@link PacingSnippetsTest}. */
final class PacingSnippets {
    private PacingSnippets() {}

    /** Stands for a client that people have. */
    interface Client {
        String complete(String question) throws IOException;

        CompletableFuture<String> completeAsync(String question);

        Map<String, String> headersOfLastAnswer();
    }

    static String acquire(Client client) throws IOException, InterruptedException {
        // @start region="acquire"
        try (Penstock penstock = Penstock.create()) { // one for the account, for as long as the application runs
            Ask ask = Ask.tokens("gpt-4o-mini", 1_200); // input and the most output
            try (Grant grant = penstock.acquire(ask, Duration.ofSeconds(30))) {
                String answer = client.complete("Why is the sky blue?");
                grant.answered(RateLimitHeaders.read(HeaderLookup.of(client.headersOfLastAnswer())));
                return answer;
            }
        }
        // @end
    }

    static Penstock build() {
        // @start region="build"
        Penstock penstock = Penstock.builder()
                .tier("tier-1") // what is known beforehand; answers correct it
                .tokensPerMinute(100_000) // no more than this, whatever the provider allows
                .concurrency(50)
                .maxWaiting(1_000)
                .patience(Duration.ofMinutes(2))
                .build();
        // @end
        return penstock;
    }

    static String call(Penstock penstock, Client client) throws IOException, InterruptedException {
        // @start region="call"
        String answer = penstock.call(
                Ask.tokens("gpt-4o-mini", 1_200).withPriority(Priority.INTERACTIVE),
                grant -> client.complete("Why is the sky blue?")); // throws IOException, as the body does
        // @end
        return answer;
    }

    static CompletableFuture<String> callAsync(Penstock penstock, Client client) {
        // @start region="callAsync"
        CompletableFuture<String> answer = penstock.callAsync(
                Ask.tokens("gpt-4o-mini", 1_200), grant -> client.completeAsync("Why is the sky blue?"));
        // @end
        return answer;
    }

    static String tooLate(Penstock penstock, Client client) throws IOException, InterruptedException {
        // @start region="tooLate"
        Ask ask = Ask.tokens("gpt-4o-mini", 1_200).withTenant("reports");
        try {
            return penstock.call(ask, Duration.ofSeconds(5), grant -> client.complete("Why is the sky blue?"));
        } catch (TooLateException e) {
            Blocked blocked = e.blocked().orElseThrow();
            return "Come back in " + blocked.freeIn().orElse(Duration.ZERO) + ": " + blocked.explanation();
        }
        // @end
    }

    static String why(Penstock penstock) {
        // @start region="why"
        String why = penstock.whyBlocked(Ask.tokens("gpt-4o-mini", 1_200))
                .map(Blocked::explanation) // the limit of 500 requests per minute, free in 0.12 s
                .orElse("nothing is in the way");
        // @end
        return why;
    }

    static void metrics(Penstock penstock, MeterRegistry registry) {
        // @start region="metrics"
        new PenstockMetrics(penstock).bindTo(registry);
        // @end
    }
}
