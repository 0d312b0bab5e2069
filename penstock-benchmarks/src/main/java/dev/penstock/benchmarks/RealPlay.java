package dev.penstock.benchmarks;

import dev.penstock.limit.LimitExceeded;
import dev.penstock.simulator.Call;
import dev.penstock.simulator.Desk;
import dev.penstock.simulator.Refusal;
import dev.penstock.simulator.Scenario;
import dev.penstock.simulator.Strategy;
import dev.penstock.simulator.Workload;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.AnswerReading;
import dev.penstock.wire.Endpoint;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Plays a strategy of the simulator over sockets, in real time: the same requests, the same class. One thread decides. */
final class RealPlay implements Desk, AutoCloseable {
    private static final Duration LONGEST = Duration.ofMinutes(4);
    private static final int WARM_UP = 60;

    private final URI address;
    private final Strategy strategy;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final LinkedBlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    private final PriorityQueue<Sleeper> sleepers =
            new PriorityQueue<>(Comparator.comparingLong(Sleeper::atNanos).thenComparingLong(Sleeper::order));
    private long startedNanos;
    private long alarmNanos = Long.MAX_VALUE;
    private long order;
    private int inFlight;
    private long ended;
    private long accepted;
    private long rejected;
    private long lastEndNanos;

    /** What came of it. */
    record Counts(long accepted, long rejected, double makespanSeconds) {}

    private record Sleeper(long atNanos, long order, Call call) {}

    private record Answer(Call call, @Nullable HttpResponse<byte[]> response) {}

    RealPlay(String baseUrl, Strategy strategy) {
        this.address = URI.create(baseUrl + "/chat/completions");
        this.strategy = strategy;
    }

    Counts play(Scenario scenario) throws IOException, InterruptedException {
        warmUp();
        Workload workload = new Workload(scenario);
        long arrived = 0;
        long first = -1;
        Call next = workload.next();
        startedNanos = System.nanoTime();
        while (next != null || ended < arrived) {
            if (nowNanos() > LONGEST.toNanos()) {
                throw new IOException("a play takes longer than " + LONGEST);
            }
            Sleeper sleeper = sleepers.peek();
            long soonest = Math.min(
                    alarmNanos,
                    Math.min(
                            sleeper == null ? Long.MAX_VALUE : sleeper.atNanos,
                            next == null ? Long.MAX_VALUE : next.arrivedNanos()));
            Answer answer = answers.poll(
                    soonest == Long.MAX_VALUE ? LONGEST.toNanos() : Math.max(0, soonest - nowNanos()),
                    TimeUnit.NANOSECONDS);
            if (answer != null) {
                answered(answer);
            } else if (sleeper != null && sleeper.atNanos <= nowNanos()) {
                sleepers.remove();
                strategy.woken(sleeper.call, this);
            } else if (alarmNanos <= nowNanos()) {
                alarmNanos = Long.MAX_VALUE;
                strategy.alarm(this);
            } else if (next != null && next.arrivedNanos() <= nowNanos()) {
                first = first < 0 ? nowNanos() : first;
                arrived++;
                strategy.arrived(next, this);
                next = workload.next();
            }
        }
        return new Counts(accepted, rejected, (lastEndNanos - first) / 1e9);
    }

    /** Opens connections and warms both sides up; another model has limits of its own. */
    private void warmUp() throws InterruptedException, IOException {
        for (int round = 0; round < 3; round++) {
            List<CompletableFuture<HttpResponse<byte[]>>> all = new ArrayList<>();
            for (int i = 0; i < WARM_UP / 2; i++) {
                all.add(http.sendAsync(request("warm-up-" + round, i), BodyHandlers.ofByteArray()));
            }
            for (CompletableFuture<HttpResponse<byte[]>> each : all) {
                if (each.join().statusCode() != 200) {
                    throw new IOException("the emulator did not answer the warm-up");
                }
            }
        }
    }

    private void answered(Answer answer) throws IOException {
        inFlight--;
        HttpResponse<byte[]> response = answer.response;
        if (response == null) {
            throw new IOException("a call to the emulator failed");
        }
        AnswerReading reading = AnswerReading.of(
                Endpoint.CHAT_COMPLETIONS,
                response.statusCode(),
                name -> response.headers().firstValue(name).orElse(null),
                response.body());
        Call call = answer.call;
        switch (reading.verdict()) {
            case Verdict.Accepted done -> {
                call.answeredWith(reading.states());
                accepted++;
                end();
                strategy.answered(call, this);
            }
            case Verdict.Throttled throttled -> {
                rejected++;
                strategy.refused(call, refusal(throttled.exceeded(), response), this);
            }
            default ->
                throw new IOException("unexpected answer: " + reading.verdict().explanation());
        }
    }

    private static Refusal refusal(LimitExceeded exceeded, HttpResponse<byte[]> response) {
        Optional<Duration> retryAfter = response.headers()
                .firstValue("retry-after")
                .map(seconds -> Duration.ofSeconds(Long.parseLong(seconds)));
        return new Refusal(exceeded, retryAfter, false);
    }

    private static String body(String model, long number) {
        return "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"question " + number
                + "\"}],\"max_completion_tokens\":20}";
    }

    private HttpRequest request(String model, long number) {
        return HttpRequest.newBuilder(address)
                .header("content-type", "application/json")
                .timeout(Duration.ofSeconds(30))
                .POST(BodyPublishers.ofString(body(model, number)))
                .build();
    }

    private void end() {
        ended++;
        lastEndNanos = nowNanos();
    }

    @Override
    public long nowNanos() {
        return System.nanoTime() - startedNanos;
    }

    @Override
    public void send(Call call) {
        inFlight++;
        CompletableFuture<Void> sent = http.sendAsync(request("gpt-4o-mini", call.number()), BodyHandlers.ofByteArray())
                .handle((response, failure) -> {
                    answers.add(new Answer(call, response));
                    return null;
                });
        assert sent != null;
    }

    @Override
    public void later(Call call, long atNanos) {
        sleepers.add(new Sleeper(atNanos, order++, call));
    }

    @Override
    public void giveUp(Call call) {
        end();
    }

    @Override
    public void alarmAt(long atNanos) {
        alarmNanos = atNanos;
    }

    @Override
    public int inFlight() {
        return inFlight;
    }

    @Override
    public boolean enqueue(List<Call> calls) {
        throw new UnsupportedOperationException("batches are not played over sockets");
    }

    @Override
    public void close() {
        http.close();
    }
}
