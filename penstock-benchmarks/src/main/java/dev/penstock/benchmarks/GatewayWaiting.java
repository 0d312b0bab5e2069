package dev.penstock.benchmarks;

import dev.penstock.benchmarks.LoadClient.Many;
import dev.penstock.benchmarks.LoadClient.Sending;
import dev.penstock.benchmarks.Scorecard.Bound;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What those who wait cost, how fast they leave, and how fast one is told that it cannot be served. */
final class GatewayWaiting {
    private static final int WAITING = 10_000;
    private static final int REFUSED = 1_000;
    private static final int BODY_CHARACTERS = 1_000;

    /** One a second after sixty at once: it takes hours to serve those who wait. */
    private static final int REQUESTS_A_MINUTE = 60;

    private static final Map<String, String> PATIENT = Map.of("x-request-deadline-ms", "86400000");
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private GatewayWaiting() {}

    /** Heap of those who wait, and their leaving. */
    static void run(Bench bench) throws IOException, InterruptedException {
        String text = "a".repeat(BODY_CHARACTERS);
        long bodyBytes = LoadClient.chat(text, 20, Map.of()).body().length();
        try (EmulatorProcess emulator = emulator(bench, REQUESTS_A_MINUTE);
                GatewayProcess gateway = GatewayProcess.start(bench, emulator.baseUrl());
                LoadClient load = new LoadClient(gateway.port())) {
            usedUp(gateway, load);
            long before = gateway.program().liveHeapBytes();
            load.open(WAITING, PATIENCE);
            long connected = gateway.program().liveHeapBytes();
            Many unanswered = load.atOnce(WAITING, i -> LoadClient.chat(text, 20, PATIENT));
            awaitMost(gateway, unanswered);
            long waiting = gateway.state().path("waiting").asLong();
            long full = gateway.program().liveHeapBytes();
            long began = System.nanoTime();
            load.hangUp();
            gateway.awaitWaiting(0, PATIENCE);
            double seconds = (System.nanoTime() - began) / 1e9;
            double each = (double) (full - connected) / waiting - bodyBytes;
            double connection = (double) (connected - before) / WAITING;
            bench.scorecard()
                    .print(
                            "gateway: 10,000 waiting requests",
                            "%,d wait: %,.0f bytes of heap each beside their %,d bytes of body and their connection (%,.0f bytes); all gone %.2f s after their clients hung up"
                                    .formatted(waiting, each, bodyBytes, connection, seconds),
                            Bound.atMost("each", each, 4_096, " bytes"),
                            Bound.atLeast("waiting", waiting, 9_000, ""),
                            Bound.atMost("gone after", seconds, 1, " s"));
        }
    }

    /** Time to say no. */
    static void refusals(Bench bench) throws IOException, InterruptedException {
        // One a minute: nobody who is in a hurry can be served meanwhile, not even before those who have time.
        try (EmulatorProcess emulator = emulator(bench, 1);
                GatewayProcess gateway = GatewayProcess.start(bench, emulator.baseUrl());
                LoadClient load = new LoadClient(gateway.port());
                LoadClient refused = new LoadClient(gateway.port())) {
            Many unanswered = load.atOnce(1_001, i -> LoadClient.chat("waiting " + i, 20, PATIENT));
            awaitSome(gateway, unanswered, 900);
            Map<String, String> hurry = Map.of("x-request-deadline-ms", "500");
            Sending sending = LoadClient.chat("hurry", 20, hurry);
            long[] warmUp = refused(refused, 500, sending);
            long waiting = gateway.state().path("waiting").asLong();
            long[] took = refused(refused, 100, sending);
            long[] hurried = refused.refusals(4, REFUSED, sending, PATIENCE);
            bench.scorecard()
                    .print(
                            "gateway: time to say no",
                            "%,d refused while %,d waited, 100 a second: half within %.1f ms, 99 %% within %.1f ms; 4 at a time, as fast as it can: 99 %% within %.1f ms; the first thousand of a new process, 500 a second: 99 %% within %.1f ms"
                                    .formatted(
                                            took.length,
                                            waiting,
                                            took[took.length / 2] / 1e6,
                                            p99(took),
                                            p99(hurried),
                                            p99(warmUp)),
                            Bound.exactly("refused at a steady rate", took.length, REFUSED),
                            Bound.exactly("refused 4 at a time", hurried.length, REFUSED),
                            Bound.atMost("99 % within, steady", p99(took), 20, " ms"),
                            Bound.atMost("99 % within, 4 at a time", p99(hurried), 20, " ms"));
        }
    }

    /** Sends a thousand at a steady rate, whether or not those before are answered; the times of the 429s, ascending. */
    private static long[] refused(LoadClient load, int perSecond, Sending sending) throws InterruptedException {
        Duration time = Duration.ofMillis(1_000L * REFUSED / perSecond);
        return load.steadily(perSecond, time, i -> sending).await(PATIENCE).stream()
                .filter(answer -> answer.status() == 429)
                .mapToLong(LoadClient.Answer::tookNanos)
                .sorted()
                .toArray();
    }

    private static double p99(long[] ascending) {
        return ascending[(int) (0.99 * ascending.length)] / 1e6;
    }

    private static EmulatorProcess emulator(Bench bench, int requestsAMinute) throws IOException {
        return EmulatorProcess.start(
                bench.root(),
                bench.log(),
                "--rpm",
                Integer.toString(requestsAMinute),
                "--tpm",
                "100000000",
                "--latency",
                "20ms");
    }

    /** Takes what the quota has at the start; also warms up. */
    private static void usedUp(GatewayProcess gateway, LoadClient load) throws IOException, InterruptedException {
        List<LoadClient.Answer> first =
                load.atOnce(65, i -> LoadClient.chat("first " + i, 20, PATIENT)).await(PATIENCE);
        long lost = first.stream().filter(answer -> answer.status() != 200).count();
        if (lost > 0) {
            throw new IllegalStateException(lost + " of the first requests were not answered");
        }
        gateway.awaitWaiting(0, PATIENCE);
    }

    private static void awaitMost(GatewayProcess gateway, Many all) throws IOException, InterruptedException {
        awaitSome(gateway, all, WAITING * 9L / 10);
    }

    private static void awaitSome(GatewayProcess gateway, Many all, long least)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        long seen = -1;
        // Until no more come.
        while (true) {
            long now = gateway.state().path("waiting").asLong();
            if (now >= least && now <= seen) {
                return;
            }
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("only " + now + " requests wait, " + all.ended() + " have ended");
            }
            seen = now;
            Thread.sleep(600);
        }
    }
}
