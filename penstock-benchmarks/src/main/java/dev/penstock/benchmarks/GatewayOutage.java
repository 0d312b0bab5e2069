package dev.penstock.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import dev.penstock.benchmarks.LoadClient.Answer;
import dev.penstock.benchmarks.LoadClient.Many;
import dev.penstock.benchmarks.Scorecard.Bound;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The upstream dies for half a minute while requests keep coming. */
final class GatewayOutage {
    private static final double REQUESTS_A_SECOND = 40;
    private static final Duration BEFORE = Duration.ofSeconds(15);
    private static final Duration DEAD = Duration.ofSeconds(30);
    private static final Duration AFTER = Duration.ofSeconds(25);
    private static final Duration PATIENCE = Duration.ofSeconds(180);
    private static final String[] LIMITS = {"--rpm", "6000", "--tpm", "100000000", "--latency", "lognormal:500ms,0.4"};

    private GatewayOutage() {}

    static void run(Bench bench) throws IOException, InterruptedException {
        EmulatorProcess first = EmulatorProcess.start(bench.root(), bench.log(), LIMITS);
        try (first;
                GatewayProcess gateway = GatewayProcess.start(bench, first.baseUrl());
                LoadClient load = new LoadClient(gateway.port())) {
            Many all = load.steadily(
                    REQUESTS_A_SECOND,
                    BEFORE.plus(DEAD).plus(AFTER),
                    i -> LoadClient.chat("question " + i, 50, Map.of()));
            Thread.sleep(BEFORE);
            JsonNode before = first.ledger();
            first.kill();
            Thread.sleep(DEAD);
            long waiting = gateway.state().path("waiting").asLong();
            try (EmulatorProcess second = EmulatorProcess.start(bench.root(), bench.log(), first.port(), LIMITS)) {
                List<Answer> answers = all.await(PATIENCE);
                JsonNode after = second.ledger();
                long answered = answers.stream()
                        .filter(answer -> answer.status() == 200)
                        .count();
                long arrived =
                        before.path("arrived").asLong() + after.path("arrived").asLong();
                long most = 0;
                long inFirstSecond = 0;
                long beginning = after.path("first_arrival_ms").asLong() / 1_000;
                for (JsonNode second1 : after.path("seconds")) {
                    long came = second1.path("admitted").asLong()
                            + second1.path("refused").asLong();
                    most = Math.max(most, came);
                    if (second1.path("second").asLong() == beginning) {
                        inFirstSecond = came;
                    }
                }
                long refused = after.path("refused_total").asLong();
                double ratio = (double) arrived / answers.size();
                bench.scorecard()
                        .print(
                                "gateway: upstream dead for 30 s",
                                "%,d of %,d requests answered, %.3f calls a request; %,d waited when it came back, most calls in a second then %d (%d in the first), 429s %d"
                                        .formatted(
                                                answered, answers.size(), ratio, waiting, most, inFirstSecond, refused),
                                Bound.exactly("lost", answers.size() - answered, 0),
                                Bound.atMost("calls a request", ratio, 1.25, ""),
                                Bound.exactly("429s at the return", refused, 0));
            }
        }
    }
}
