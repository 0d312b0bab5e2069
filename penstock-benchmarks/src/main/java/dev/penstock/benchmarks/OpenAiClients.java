package dev.penstock.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.penstock.benchmarks.Scorecard.Bound;
import dev.penstock.openai.PenstockOpenAI;
import dev.penstock.pacing.Penstock;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The official client for Java, asynchronous, with more to send than the quota allows: how much of the quota's rate it uses
 * in a minute, once the bucket's depth is spent. Paced and as it comes, one after the other, each with an emulator of its
 * own.
 */
final class OpenAiClients {
    private static final int REQUESTS_A_MINUTE = 10_000;
    /** More than run at any time, and enough to spend the bucket's depth. */
    private static final int OUTSTANDING = 6_000;

    private static final Duration SHORTEST_START = Duration.ofSeconds(10);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(3);
    private static final int MOST_LOOKS = 20;
    private static final Duration MEASURED = Duration.ofSeconds(60);

    private OpenAiClients() {}

    private record Use(double share, long calls, long refused, Map<String, Integer> failures, long peak) {
        long failed() {
            return failures.values().stream().mapToLong(Integer::longValue).sum();
        }
    }

    static void run(Bench bench) throws IOException, InterruptedException {
        Use stock = use(bench, client -> client);
        Use paced;
        try (Penstock penstock = Penstock.create()) {
            paced = use(bench, client -> PenstockOpenAI.pace(client, penstock));
        }
        bench.scorecard()
                .print(
                        "openai-java, asynchronous, 10,000 RPM, 2 s",
                        ("%.1f %% of the rate used with Penstock (%,d in flight at most, %d refused, %d failed); as it"
                                        + " comes %.1f %% (%,d in flight at most, %d refused, %d failed)%s")
                                .formatted(
                                        100 * paced.share,
                                        paced.peak,
                                        paced.refused,
                                        paced.failed(),
                                        100 * stock.share,
                                        stock.peak,
                                        stock.refused,
                                        stock.failed(),
                                        paced.failures.isEmpty() ? "" : ": " + paced.failures),
                        Bound.atLeast("used with Penstock", 100 * paced.share, 99, " %"),
                        Bound.atMost("refused with Penstock per 100 calls", 100.0 * paced.refused / paced.calls, 1, ""),
                        Bound.exactly("failed with Penstock", paced.failed(), 0));
    }

    private interface Wrapping {
        OpenAIClient of(OpenAIClient client);
    }

    private static Use use(Bench bench, Wrapping wrapping) throws IOException, InterruptedException {
        try (EmulatorProcess emulator = EmulatorProcess.start(
                bench.root(),
                bench.log(),
                "--rpm",
                Integer.toString(REQUESTS_A_MINUTE),
                "--tpm",
                "1000000000",
                "--latency",
                "2s")) {
            OpenAIClient client = wrapping.of(OpenAIOkHttpClient.builder()
                    .baseUrl(emulator.baseUrl())
                    .apiKey("any")
                    // Else five are kept, and nearly every call makes a connection of its own.
                    .maxIdleConnections(OUTSTANDING)
                    .keepAliveDuration(Duration.ofMinutes(1))
                    .build());
            try {
                return measured(emulator, client);
            } finally {
                client.close();
            }
        }
    }

    private static Use measured(EmulatorProcess emulator, OpenAIClient client)
            throws IOException, InterruptedException {
        AtomicBoolean over = new AtomicBoolean();
        Map<String, Integer> failures = new ConcurrentHashMap<>();
        Semaphore room = new Semaphore(OUTSTANDING);
        Thread sender = Thread.ofPlatform().daemon().start(() -> {
            for (long i = 0; !over.get(); i++) {
                room.acquireUninterruptibly();
                CompletableFuture<ChatCompletion> answer = client.async()
                        .chat()
                        .completions()
                        .create(ChatCompletionCreateParams.builder()
                                .model("gpt-4o-mini")
                                .maxCompletionTokens(20)
                                .addUserMessage("Question " + i)
                                .build());
                var unused = answer.whenComplete((completion, failure) -> {
                    if (failure != null && !over.get()) {
                        failures.merge(kind(failure), 1, Integer::sum);
                    }
                    room.release();
                });
            }
        });
        awaitSteady(emulator);
        long before = emulator.ledger().path("admitted").asLong();
        long started = System.nanoTime();
        Thread.sleep(MEASURED);
        JsonNode ledger = emulator.ledger();
        double minutes = (System.nanoTime() - started) / 60e9;
        over.set(true);
        room.release();
        sender.join(Duration.ofSeconds(10));
        return new Use(
                (ledger.path("admitted").asLong() - before) / (REQUESTS_A_MINUTE * minutes),
                ledger.path("admitted").asLong(),
                ledger.path("refused_total").asLong(),
                Map.copyOf(failures),
                ledger.path("peak_concurrency").asLong());
    }

    /** Until no more is let through than flows back. */
    private static void awaitSteady(EmulatorProcess emulator) throws IOException, InterruptedException {
        Thread.sleep(SHORTEST_START);
        long before = emulator.ledger().path("admitted").asLong();
        for (int i = 0; i < MOST_LOOKS; i++) {
            Thread.sleep(BETWEEN_LOOKS);
            long now = emulator.ledger().path("admitted").asLong();
            if (now - before <= REQUESTS_A_MINUTE / 60.0 * BETWEEN_LOOKS.toSeconds() * 1.05) {
                return;
            }
            before = now;
        }
    }

    private static String kind(Throwable failure) {
        StringBuilder kinds = new StringBuilder();
        Throwable cause = failure;
        for (int i = 0; i < 5 && cause != null; i++) {
            kinds.append(i == 0 ? "" : " < ").append(cause.getClass().getSimpleName());
            kinds.append(cause.getCause() == null ? " " + cause.getMessage() : "");
            cause = cause.getCause();
        }
        return kinds.toString();
    }
}
