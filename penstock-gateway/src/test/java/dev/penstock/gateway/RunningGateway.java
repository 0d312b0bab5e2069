package dev.penstock.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.Emulator;
import dev.penstock.gateway.config.GatewayConfig;
import dev.penstock.gateway.config.KeyRing;
import dev.penstock.gateway.config.QueueSettings;
import dev.penstock.gateway.config.Secret;
import dev.penstock.gateway.config.TenantBudgets;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.TierTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/** A gateway on real sockets, a client for it, and what it told of its requests. */
final class RunningGateway implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LOOK_EVERY = Duration.ofMillis(5);

    final Queue<GatewayEvents.Ended> ended = new ConcurrentLinkedQueue<>();
    final TenantBudgets budgets = TenantBudgets.forgetful();
    final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    final Gateway gateway;

    private RunningGateway(GatewayConfig config) {
        gateway = start(config, budgets, new GatewayEvents() {
            @Override
            public void ended(Ended each) {
                ended.add(each);
            }
        });
    }

    /** A gateway on a free port, with all that is usual. */
    static Gateway start(GatewayConfig config, TenantBudgets budgets, GatewayEvents events) {
        GatewaySettings settings = new GatewaySettings(
                "127.0.0.1", 0, config, budgets, TierTable.builtIn(), PriceTable.builtIn(), InstantSource.system(), 1);
        return Gateway.start(settings, events);
    }

    static RunningGateway of(GatewayConfig config) {
        return new RunningGateway(config);
    }

    static RunningGateway inFrontOf(Emulator emulator) {
        return inFrontOf(emulator.baseUri());
    }

    static RunningGateway inFrontOf(URI upstream) {
        return of(GatewayConfig.of(Upstream.passingOn("main", upstream)));
    }

    static RunningGateway inFrontOf(URI upstream, UnaryOperator<QueueSettings> queue) {
        return of(config(queue.apply(QueueSettings.DEFAULT), KeyRing.open(), Upstream.passingOn("main", upstream)));
    }

    static GatewayConfig config(QueueSettings queue, KeyRing keys, Upstream... upstreams) {
        return new GatewayConfig(List.of(upstreams), keys, queue, Optional.empty(), false, Optional.empty());
    }

    static QueueSettings within(QueueSettings queue, Duration deadline, Duration timeout) {
        return new QueueSettings(
                queue.maxRequests(), queue.maxBytes(), queue.maxBodyBytes(), deadline, timeout, queue.maxAttempts());
    }

    static QueueSettings holding(QueueSettings queue, int requests, long bytes) {
        return new QueueSettings(
                requests,
                bytes,
                (int) Math.min(bytes, queue.maxBodyBytes()),
                queue.deadline(),
                queue.timeout(),
                queue.maxAttempts());
    }

    static Upstream keyed(String name, URI url, String key) {
        Upstream plain = Upstream.passingOn(name, url);
        return new Upstream(
                plain.name(),
                plain.baseUrl(),
                Optional.of(new Secret(key)),
                plain.organization(),
                plain.project(),
                plain.weight(),
                plain.models(),
                plain.caps(),
                plain.concurrency());
    }

    static String chat(String prompt) {
        return "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt + "\"}]}";
    }

    static String chat(String prompt, int mostTokens) {
        return "{\"model\":\"gpt-4o-mini\",\"max_completion_tokens\":" + mostTokens
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt + "\"}]}";
    }

    static String chatStream(String prompt) {
        return "{\"model\":\"gpt-4o-mini\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt
                + "\"}]}";
    }

    HttpRequest.Builder request(String path) {
        return request(gateway.baseUri(), path);
    }

    static HttpRequest.Builder request(URI base, String path) {
        return HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(60));
    }

    HttpRequest chatRequest(String body, String... headers) {
        HttpRequest.Builder builder = request("/chat/completions")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        return headers.length == 0 ? builder.build() : builder.headers(headers).build();
    }

    /** Sends and waits for the whole answer. */
    HttpResponse<String> send(HttpRequest request) throws InterruptedException {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    HttpResponse<String> ask(String body, String... headers) throws InterruptedException {
        return send(chatRequest(body, headers));
    }

    CompletableFuture<HttpResponse<String>> askSoon(String body, String... headers) {
        return client.sendAsync(chatRequest(body, headers), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    List<Outcome> outcomes() {
        return ended.stream().map(GatewayEvents.Ended::outcome).toList();
    }

    /** Waits until something holds that must come to hold soon. */
    static void until(String what, BooleanSupplier holds) {
        long looks = PATIENCE.dividedBy(LOOK_EVERY);
        for (long i = 0; i < looks; i++) {
            if (holds.getAsBoolean()) {
                return;
            }
            LockSupport.parkNanos(LOOK_EVERY.toNanos());
        }
        throw new AssertionError("it did not come to be that " + what);
    }

    /** Waits for so many ends, of which clients may hear a little earlier, and checks them and their order. */
    void untilEnded(Outcome... outcomes) {
        until(outcomes.length + " have ended", () -> ended.size() >= outcomes.length);
        assertThat(outcomes()).containsExactly(outcomes);
    }

    void untilWaiting(int requests) {
        until(requests + " wait", () -> gateway.snapshot().waiting() == requests);
    }

    /** Nothing waits, runs or holds quota. */
    boolean isIdle() {
        GatewaySnapshot now = gateway.snapshot();
        return now.running() == 0
                && now.waiting() == 0
                && now.waitingBytes() == 0
                && now.quotas().stream()
                        .allMatch(quota ->
                                quota.quota().inFlight() == 0 && quota.quota().settledTwice() == 0);
    }

    void untilIdle() {
        until("nothing waits, runs or holds quota", this::isIdle);
    }

    @Override
    public void close() {
        client.shutdownNow();
        gateway.close();
    }
}
