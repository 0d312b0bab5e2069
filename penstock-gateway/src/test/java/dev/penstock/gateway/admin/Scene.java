package dev.penstock.gateway.admin;

import dev.penstock.gateway.GatewayEvents.Ended;
import dev.penstock.gateway.GatewaySnapshot;
import dev.penstock.gateway.GatewaySnapshot.QuotaView;
import dev.penstock.gateway.GatewaySnapshot.TenantView;
import dev.penstock.gateway.GatewaySnapshot.WaitingView;
import dev.penstock.gateway.Outcome;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.queue.Priority;
import dev.penstock.quota.LimitSource;
import dev.penstock.quota.QuotaSnapshot;
import dev.penstock.quota.QuotaSnapshot.Level;
import dev.penstock.wire.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/** A made-up gateway whose time goes on when a test says so. */
final class Scene {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final Instant WALL = Instant.parse("2026-11-24T09:00:00Z");
    private static final long ORIGIN = Long.MAX_VALUE - 7 * NANOS_PER_SECOND;

    private final AtomicLong elapsed = new AtomicLong();
    final Telemetry telemetry = new Telemetry(() -> ORIGIN + elapsed.get(), () -> WALL.plusNanos(elapsed.get()));
    volatile GatewaySnapshot snapshot;

    private Scene(GatewaySnapshot snapshot) {
        this.snapshot = snapshot;
    }

    static Scene empty() {
        return new Scene(quiet(false));
    }

    /** Five minutes at the limit of requests, with a queue of several tenants. */
    static Scene busy() {
        Scene scene = new Scene(busySnapshot());
        for (int second = 0; second < RecentPast.SECONDS; second++) {
            double wave = 1 + 0.25 * Math.sin(second / 23.0) + 0.1 * Math.sin(second / 5.0);
            int answers = second < 40 ? (int) Math.round(3 * wave) : (int) Math.round(8 * wave);
            for (int i = 0; i < answers; i++) {
                scene.telemetry.ended(answered("web", "gpt-4o-mini", 60 + (second * 7 + i * 13) % 90, 180 + i * 20));
            }
            if (second == 121) {
                scene.telemetry.refusedByUpstream("openai", "gpt-4o-mini");
            }
            scene.second(10 + second % 4, Math.max(0, Math.min(340, (second - 60) * 2)));
        }
        return scene;
    }

    /** An upstream that cannot be called, a small queue that is full, and clients that are told so. */
    static Scene refused() {
        Scene scene = new Scene(refusedSnapshot());
        for (int second = 0; second < 190; second++) {
            if (second < 120) {
                scene.telemetry.ended(answered("web", "gpt-4o-mini", 80, 200));
                scene.telemetry.ended(answered("reports", "gpt-4o", 900, 300));
            }
            if (second % 30 == 0) {
                scene.telemetry.refusedByUpstream("openai", "gpt-4o");
                scene.telemetry.retried("openai", "gpt-4o");
            }
            if (second > 120 && second % 2 == 0) {
                scene.telemetry.ended(
                        ended(
                                Outcome.REFUSED_QUEUE_FULL,
                                "web",
                                "gpt-4o-mini",
                                "the queue holds 200 requests, the most it may; try again in 12 s or raise queue.max-requests"));
            }
            if (second > 100 && second % 12 == 0) {
                scene.telemetry.ended(ended(
                        Outcome.REFUSED_DEADLINE,
                        "nightly-import",
                        "gpt-4o",
                        "it would start in 4 min 10 s, after its deadline of 60 s, because of the limit of 500 requests"
                                + " per minute; give it more time with x-request-deadline-ms or try again in 3 min"));
            }
            if (second == 150) {
                scene.telemetry.ended(ended(
                        Outcome.REFUSED_TOO_LARGE,
                        "reports",
                        "gpt-4o",
                        "it may take 41,200 tokens and the limit is 30,000 tokens per minute; it can never be sent,"
                                + " lower max_tokens or shorten the prompt"));
                scene.telemetry.ended(ended(
                        Outcome.FAILED_UPSTREAM, "<b>web</b>", "gpt-4o-mini", "the upstream closed the connection"));
            }
            scene.second(4, Math.min(200, second * 2));
        }
        return scene;
    }

    static Scene stopping() {
        Scene scene = new Scene(quiet(false));
        scene.telemetry.ended(answered("web", "gpt-4o-mini", 80, 200));
        scene.second(1, 0);
        scene.snapshot = quiet(true);
        return scene;
    }

    /** More than fits, under names that somebody chose to break the page. */
    static Scene crowded() {
        GatewaySnapshot busy = busySnapshot();
        String endless = "x".repeat(200);
        List<QuotaView> quotas = IntStream.range(0, 40)
                .mapToObj(i -> new QuotaView(
                        i % 3 == 0 ? endless : "openai",
                        "key " + i,
                        i % 2 == 0 ? endless + i : "gpt-4o",
                        busy.quotas().get(i % 3).quota(),
                        i,
                        Optional.of(endless),
                        Optional.of("tokens per minute"),
                        1e7,
                        1e9,
                        i % 5 == 0 ? Optional.of(endless) : Optional.empty()))
                .toList();
        List<TenantView> tenants = IntStream.range(0, 70)
                .mapToObj(i -> tenant(endless + i, 0.01, 1_000_000, 99_999, 99_999_999, 1e7, 1e9, Optional.of(endless)))
                .toList();
        List<WaitingView> nextUp = IntStream.range(0, 30)
                .mapToObj(i -> waiting(endless, Priority.INTERACTIVE, endless, 99_999_999, 99_999_999, 9_999, endless))
                .toList();
        Scene scene = new Scene(
                new GatewaySnapshot(false, 99_999, 1_000_000, 1_000_000, 1L << 40, 1L << 40, quotas, tenants, nextUp));
        for (int i = 0; i < 60; i++) {
            scene.telemetry.ended(ended(Outcome.FAILED_UPSTREAM, endless, endless + i, endless + endless + endless));
        }
        scene.second(99_999, 1_000_000);
        return scene;
    }

    void second(int running, int waiting) {
        telemetry.sample(
                new GatewaySnapshot(false, running, waiting, 20_000, 0, 512L << 20, List.of(), List.of(), List.of()));
        elapsed.addAndGet(NANOS_PER_SECOND);
    }

    static Ended answered(String tenant, String family, long inputTokens, long outputTokens) {
        return new Ended(
                Outcome.ANSWERED,
                tenant,
                family,
                "openai",
                Duration.ofMillis(250),
                Duration.ofMillis(1_500),
                1,
                Optional.of(new Usage(inputTokens, inputTokens / 4, outputTokens)),
                150_000_000L,
                "");
    }

    static Ended ended(Outcome outcome, String tenant, String family, String words) {
        return new Ended(outcome, tenant, family, "", Duration.ZERO, Duration.ZERO, 0, Optional.empty(), 0, words);
    }

    static GatewaySnapshot quiet(boolean stopping) {
        return new GatewaySnapshot(
                stopping, stopping ? 3 : 0, 0, 20_000, 0, 512L << 20, List.of(), List.of(), List.of());
    }

    static Level level(Dimension dimension, long limit, LimitSource source, double remaining) {
        return new Level(new Limit(dimension, limit), source, remaining, limit, false, 0);
    }

    static GatewaySnapshot busySnapshot() {
        QuotaView mini = new QuotaView(
                "openai",
                "key 3fa9c1",
                "gpt-4o-mini",
                new QuotaSnapshot(
                        List.of(
                                level(Dimension.REQUESTS_PER_MINUTE, 500, LimitSource.HEADERS, 4.2),
                                level(Dimension.REQUESTS_PER_DAY, 10_000, LimitSource.CONFIGURED, 8_835),
                                level(Dimension.TOKENS_PER_MINUTE, 200_000, LimitSource.HEADERS, 131_842)),
                        11,
                        64,
                        1,
                        0),
                331,
                Optional.of("the limit of 500 requests per minute"),
                Optional.of("requests per minute"),
                491,
                153_682,
                Optional.empty());
        QuotaView large = new QuotaView(
                "openai",
                "key 3fa9c1",
                "gpt-4o",
                new QuotaSnapshot(
                        List.of(
                                level(Dimension.REQUESTS_PER_MINUTE, 500, LimitSource.HEADERS, 478),
                                new Level(
                                        new Limit(Dimension.TOKENS_PER_MINUTE, 30_000),
                                        LimitSource.HEADERS,
                                        -1_240,
                                        30_000,
                                        false,
                                        0.42)),
                        2,
                        32,
                        0,
                        0),
                9,
                Optional.of("the limit of 30,000 tokens per minute"),
                Optional.of("tokens per minute"),
                22,
                17_100,
                Optional.empty());
        QuotaView embeddings = new QuotaView(
                "local",
                "gateway",
                "text-embedding-3-small",
                new QuotaSnapshot(
                        List.of(
                                new Level(
                                        new Limit(Dimension.REQUESTS_PER_MINUTE, 3_000),
                                        LimitSource.INFERRED,
                                        41,
                                        50,
                                        false,
                                        0),
                                level(Dimension.TOKENS_PER_MINUTE, 1_000_000, LimitSource.CAP, 1_000_000)),
                        0,
                        Integer.MAX_VALUE,
                        0,
                        0),
                0,
                Optional.empty(),
                Optional.empty(),
                38,
                4_410,
                Optional.empty());
        return new GatewaySnapshot(
                false,
                13,
                340,
                20_000,
                1_310_720,
                512L << 20,
                List.of(mini, large, embeddings),
                List.of(
                        tenant("nightly-import", 1, 280, 6, 192_400, 240, 81_000, Optional.of("$3.12 of $20.00 today")),
                        tenant("web", 5, 51, 5, 6_300, 251, 72_600, Optional.empty()),
                        tenant(
                                "reports",
                                1,
                                9,
                                2,
                                48_000,
                                22,
                                17_100,
                                Optional.of("412,000 of 1,000,000 tokens today")),
                        tenant("key 81b2e0", 1, 0, 0, 0, 38, 4_410, Optional.empty())),
                List.of(
                        waiting(
                                "web",
                                Priority.INTERACTIVE,
                                "gpt-4o-mini",
                                6_300,
                                120,
                                53_700,
                                "500 requests per minute"),
                        waiting(
                                "web",
                                Priority.INTERACTIVE,
                                "gpt-4o-mini",
                                6_150,
                                240,
                                53_850,
                                "500 requests per minute"),
                        waiting("web", Priority.NORMAL, "gpt-4o-mini", 5_900, 360, 54_100, "500 requests per minute"),
                        waiting(
                                "nightly-import",
                                Priority.BULK,
                                "gpt-4o-mini",
                                192_400,
                                480,
                                287_600,
                                "500 requests per minute"),
                        waiting(
                                "nightly-import",
                                Priority.BULK,
                                "gpt-4o-mini",
                                191_800,
                                600,
                                288_200,
                                "500 requests per minute"),
                        waiting("web", Priority.NORMAL, "gpt-4o-mini", 5_100, 720, 54_900, "500 requests per minute"),
                        waiting(
                                "nightly-import",
                                Priority.BULK,
                                "gpt-4o-mini",
                                191_100,
                                840,
                                288_900,
                                "500 requests per minute"),
                        waiting(
                                "reports",
                                Priority.NORMAL,
                                "gpt-4o",
                                48_000,
                                9_400,
                                432_000,
                                "30,000 tokens per minute")));
    }

    private static GatewaySnapshot refusedSnapshot() {
        QuotaView mini = new QuotaView(
                "openai",
                "key 3fa9c1",
                "gpt-4o-mini",
                new QuotaSnapshot(
                        List.of(
                                level(Dimension.REQUESTS_PER_MINUTE, 500, LimitSource.HEADERS, 500),
                                level(Dimension.TOKENS_PER_MINUTE, 200_000, LimitSource.HEADERS, 200_000)),
                        0,
                        64,
                        0,
                        0),
                188,
                Optional.empty(),
                Optional.empty(),
                0,
                0,
                Optional.of("cannot be reached since 1 min 10 s; one call at a time tries, the next in 8 s"));
        QuotaView large = new QuotaView(
                "openai",
                "key 3fa9c1",
                "gpt-4o",
                new QuotaSnapshot(
                        List.of(new Level(
                                new Limit(Dimension.TOKENS_PER_MINUTE, 30_000),
                                LimitSource.REFUSAL,
                                0,
                                30_000,
                                true,
                                0)),
                        4,
                        8,
                        7,
                        0),
                12,
                Optional.of("the limit of 30,000 tokens per minute"),
                Optional.of("tokens per minute"),
                14,
                29_700,
                Optional.empty());
        return new GatewaySnapshot(
                false,
                4,
                200,
                200,
                9_437_184,
                64L << 20,
                List.of(mini, large),
                List.of(tenant("web", 1, 188, 0, 70_000, 0, 0, Optional.empty())),
                List.of(new WaitingView(
                        "web",
                        Priority.NORMAL,
                        "gpt-4o-mini",
                        Duration.ofSeconds(70),
                        Optional.empty(),
                        Duration.ofSeconds(410),
                        "the upstream, which cannot be reached")));
    }

    private static TenantView tenant(
            String name,
            double weight,
            int waiting,
            int running,
            long longestWaitMillis,
            double requestsPerMinute,
            double tokensPerMinute,
            Optional<String> budget) {
        return new TenantView(
                name,
                weight,
                waiting,
                running,
                Duration.ofMillis(longestWaitMillis),
                requestsPerMinute,
                tokensPerMinute,
                budget);
    }

    private static WaitingView waiting(
            String tenant, Priority priority, String family, long waitedMillis, long startsIn, long left, String why) {
        return new WaitingView(
                tenant,
                priority,
                family,
                Duration.ofMillis(waitedMillis),
                Optional.of(Duration.ofMillis(startsIn)),
                Duration.ofMillis(left),
                "the limit of " + why);
    }
}
