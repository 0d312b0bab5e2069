package dev.penstock.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.FaultPlan;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.OtherClient;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.gateway.VirtualGateway.Request;
import dev.penstock.gateway.VirtualGateway.Shows;
import dev.penstock.gateway.VirtualGateway.Told;
import dev.penstock.gateway.config.Tenant;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.queue.Priority;
import dev.penstock.queue.QueueBounds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds in every world, over worlds made of seeds. */
@Timeout(60)
final class RequestDispatcherLaws {
    private static final long SECOND = VirtualGateway.SECOND;
    private static final int REQUESTS = 300;

    static LongStream seeds() {
        return LongStream.range(1, 61);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void everyRequestEndsOnceAndNothingIsLeftWhateverHappens(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        QueueBounds bounds = new QueueBounds(20 + random.nextInt(150), 1 << 20);
        List<Upstream> upstreams = upstreams(random);
        VirtualGateway world = new VirtualGateway(
                upstreams, hostile(random), Shows.values()[random.nextInt(Shows.values().length)], bounds, seed);
        world.add("two", hostile(random), Shows.EVERYTHING, seed);
        List<Tenant> tenants = tenants(random);
        long last = 60 * SECOND;
        for (int i = 0; i < REQUESTS; i++) {
            world.ask(request(random, random.nextLong(last), tenants));
        }
        for (int i = 0; i < 3; i++) {
            List<Upstream> others = upstreams(random);
            world.at(random.nextLong(2 * last), () -> world.dispatcher().reconfigure(others, world.now()));
        }
        for (String name : List.of("one", "two")) {
            if (random.nextBoolean()) {
                long from = random.nextLong(last);
                world.outage(name, from, from + random.nextLong(20 * SECOND));
            }
        }
        if (random.nextInt(4) == 0) {
            world.at(last / 2 + random.nextLong(last), () -> world.dispatcher().stop(world.now()));
        }
        world.afterEachEvent(() -> check(world, tenants)).run();

        assertThat(world.all()).hasSize(REQUESTS).allMatch(told -> told.ends == 1);
        assertThat(world.leftBehind()).isEmpty();
        for (Told told : world.all()) {
            boolean inVain = told.outcome == Outcome.REFUSED_DEADLINE && told.sendings == 0;
            assertThat(!inVain || told.endedAt - told.request.at() <= told.request.patience())
                    .as("told at its deadline")
                    .isTrue();
            assertThat(told.request.repeatable() || reallySent(told) <= 1)
                    .as("an unrepeatable request is sent once")
                    .isTrue();
        }
    }

    /** Calls whose connection failed were not sent. */
    private static int reallySent(Told told) {
        return told.sendings - told.connectFailures;
    }

    private static void check(VirtualGateway world, List<Tenant> tenants) {
        int waiting = 0;
        int neverSent = 0;
        for (Told told : world.all()) {
            Flight<Told> flight = told.flight;
            if (flight != null && (flight.phase == Flight.Phase.WAITING || flight.phase == Flight.Phase.BACKING_OFF)) {
                waiting++;
                neverSent += flight.sendings() == 0 ? 1 : 0;
            }
        }
        assertThat(world.bounds().count()).as("counted by the bounds").isEqualTo(waiting);
        assertThat(neverSent).as("let in").isLessThanOrEqualTo(world.bounds().maxCount());
        for (Tenant tenant : tenants) {
            long running = world.all().stream()
                    .filter(told -> told.request.tenant() == tenant
                            && told.flight != null
                            && told.flight.phase == Flight.Phase.RUNNING)
                    .count();
            assertThat(running)
                    .as("calls of " + tenant.name())
                    .isLessThanOrEqualTo(tenant.concurrency().orElse(Integer.MAX_VALUE));
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void noCallIsSentForWhichAKnownKindOfLimitHasNoRoom(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        long rpm = 60L + random.nextInt(2_000);
        TwinSettings settings = TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(
                        new Limit(Dimension.REQUESTS_PER_MINUTE, rpm),
                        new Limit(Dimension.TOKENS_PER_MINUTE, rpm * (100 + random.nextInt(2_000))))))
                .shape(Shape.bucket())
                .latency(Latency.parse(random.nextBoolean() ? "1s..20s" : "lognormal:1s,0.5"))
                .build();
        VirtualGateway world = new VirtualGateway(settings, seed);
        List<Tenant> tenants = tenants(random);
        for (int i = 0; i < 2_000; i++) {
            Request request = request(random, random.nextLong(120 * SECOND), tenants);
            world.ask(new Request(
                    request.at(),
                    request.tenant(),
                    request.priority(),
                    request.patience(),
                    request.promptCharacters(),
                    request.maxOutput(),
                    request.hangsUpAfter(),
                    true,
                    VirtualGateway.MODEL));
        }
        world.run();
        assertThat(world.refusedByUpstream()).isZero();
        assertThat(world.answered()).isPositive();
        assertThat(world.leftBehind()).isEmpty();
    }

    private static TwinSettings hostile(RandomGenerator random) {
        String shape =
                List.of("bucket", "sliding", "fixed", "quantized", "bucket:5s").get(random.nextInt(5));
        return TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(
                        new Limit(Dimension.REQUESTS_PER_MINUTE, 30 + random.nextInt(300)),
                        new Limit(Dimension.TOKENS_PER_MINUTE, 5_000 + random.nextInt(100_000)))))
                .shape(Shape.parse(shape))
                .latency(Latency.parse("100ms..8s"))
                .faults(FaultPlan.parse(random.nextBoolean() ? "" : "500=5%,503=3%,429=3%,reset=3%,hang=2%,cut=3%"))
                .otherClient(OtherClient.parse(random.nextBoolean() ? "0%" : "40%:20s/30s"))
                .build();
    }

    private static List<Upstream> upstreams(RandomGenerator random) {
        Upstream one = Upstreams.withKey("one", 1 + random.nextInt(3));
        if (random.nextBoolean()) {
            one = Upstreams.capped(
                    one, 1 + random.nextInt(20), new Limit(Dimension.REQUESTS_PER_MINUTE, 10 + random.nextInt(100)));
        }
        return random.nextBoolean() ? List.of(one) : List.of(one, Upstreams.withKey("two", 1));
    }

    private static List<Tenant> tenants(RandomGenerator random) {
        List<Tenant> tenants = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            List<Limit> limits = random.nextInt(3) > 0
                    ? List.of()
                    : List.of(new Limit(Dimension.TOKENS_PER_MINUTE, 2_000 + random.nextInt(20_000)));
            OptionalInt concurrency =
                    random.nextInt(3) > 0 ? OptionalInt.empty() : OptionalInt.of(1 + random.nextInt(4));
            tenants.add(new Tenant(
                    "tenant " + i,
                    0.5 + random.nextInt(5),
                    Priority.INTERACTIVE,
                    List.of(),
                    limits,
                    concurrency,
                    Optional.empty()));
        }
        return tenants;
    }

    private static Request request(RandomGenerator random, long at, List<Tenant> tenants) {
        Request request = Request.of(
                        at,
                        tenants.get(random.nextInt(tenants.size())),
                        random.nextLong(90 * SECOND),
                        50 + random.nextInt(random.nextInt(10) == 0 ? 20_000 : 1_500),
                        1 + random.nextInt(400))
                .priority(Priority.values()[random.nextInt(3)])
                .model(random.nextInt(4) == 0 ? "gpt-4o" : VirtualGateway.MODEL);
        request = random.nextInt(6) == 0 ? request.hangsUpAfter(random.nextLong(30 * SECOND)) : request;
        return random.nextInt(10) == 0 ? request.unrepeatable() : request;
    }
}
