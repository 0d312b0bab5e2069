package dev.penstock.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import dev.penstock.benchmarks.LoadClient.Answer;
import dev.penstock.benchmarks.LoadClient.Many;
import dev.penstock.benchmarks.LoadClient.Sending;
import dev.penstock.benchmarks.Scorecard.Bound;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Three times as much as the quota for a minute, after a burst that empties the bucket. */
final class GatewayOverload {
    private static final Duration TIME = Duration.ofSeconds(60);
    private static final double OVERLOAD = 3;
    private static final int REQUESTS_A_MINUTE = 1_200;
    private static final int TOKENS_A_MINUTE = 300_000;
    private static final String WORDS = "how many apples are left when seven of them were eaten and two more bought ";

    private GatewayOverload() {}

    static void run(Bench bench) throws IOException, InterruptedException {
        run(bench, "gateway: three times overload, requests", REQUESTS_A_MINUTE, 100_000_000);
        // A request takes about 300 tokens, so that a minute's tokens are a thousand requests.
        run(bench, "gateway: three times overload, tokens", 100_000, TOKENS_A_MINUTE);
    }

    private static void run(Bench bench, String name, int rpm, int tpm) throws IOException, InterruptedException {
        boolean byRequests = rpm < 100_000;
        double requestsAMinute = byRequests ? rpm : tpm / 300.0;
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(29);
        try (EmulatorProcess emulator = EmulatorProcess.start(
                        bench.root(),
                        bench.log(),
                        "--rpm",
                        Integer.toString(rpm),
                        "--tpm",
                        Integer.toString(tpm),
                        "--latency",
                        "lognormal:500ms,0.4");
                GatewayProcess gateway = GatewayProcess.start(bench, emulator.baseUrl());
                LoadClient load = new LoadClient(gateway.port())) {
            Many burst = load.atOnce((int) requestsAMinute, i -> sending(random, "burst " + i));
            Many steady = load.steadily(OVERLOAD * requestsAMinute / 60, TIME, i -> sending(random, "steady " + i));
            long first = 0;
            long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (first == 0 && System.nanoTime() - deadline < 0) {
                Thread.sleep(5);
                JsonNode soon = emulator.ledger();
                first = soon.path("arrived").asLong() == 0 ? 0 : System.nanoTime();
            }
            Thread.sleep(TIME);
            JsonNode ledger = emulator.ledger();
            double minutes = (System.nanoTime() - first) / 60e9;
            List<Answer> answers = steady.await(Duration.ofSeconds(120));
            List<Answer> early = burst.await(Duration.ofSeconds(120));
            double used = byRequests
                    ? ledger.path("admitted").asLong() / (rpm + rpm * minutes)
                    : ledger.path("tokens_charged").asLong() / (tpm + tpm * minutes);
            JsonNode end = emulator.ledger();
            long answered = end.path("answered").asLong();
            long wasted = end.path("refused_total").asLong()
                    + end.path("hang_ups").asLong()
                    + end.path("repeated_after_answer").asLong();
            long lost = count(answers, 0) + count(early, 0);
            bench.scorecard()
                    .print(
                            name,
                            "%.1f %% of the quota used in %.1f s, %d wasted calls upstream for %,d answers; clients: %,d answered, %,d told at once or in time that their deadline cannot be met, %d lost"
                                    .formatted(
                                            100 * used,
                                            60 * minutes,
                                            wasted,
                                            answered,
                                            count(answers, 200) + count(early, 200),
                                            count(answers, 429) + count(early, 429),
                                            lost),
                            Bound.atLeast("quota used", 100 * used, 97, " %"),
                            Bound.atMost("wasted calls per 100 answered", 100.0 * wasted / answered, 1, ""),
                            Bound.exactly("lost", lost, 0));
        }
    }

    private static long count(List<Answer> answers, int status) {
        return answers.stream().filter(answer -> answer.status() == status).count();
    }

    private static Sending sending(RandomGenerator random, String name) {
        String text = WORDS.repeat(1 + random.nextInt(10));
        return LoadClient.chat(name + " " + text, 100 + random.nextInt(200), Map.of("x-request-deadline-ms", "20000"));
    }
}
