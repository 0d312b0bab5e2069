package dev.penstock.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.Ledger;
import dev.penstock.emulator.OtherClient;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.gateway.VirtualGateway.Request;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import dev.penstock.queue.QueueBounds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the gateway promises, in virtual time. Prints a row of figures for each. */
@Timeout(120)
final class GatewayClosenessTest {
    private static final long SECOND = VirtualGateway.SECOND;
    private static final Duration MINUTE = Duration.ofMinutes(1);

    record Overload(String bound, String shape, String latency, long seed) {
        @Override
        public String toString() {
            return "3 x overload, %s-bound, %s, answers %s, seed %d".formatted(bound, shape, latency, seed);
        }
    }

    static Stream<Overload> overloads() {
        List<Overload> cases = new ArrayList<>();
        long seed = 1;
        for (String bound : List.of("requests", "tokens")) {
            for (String shape : List.of("bucket", "sliding", "fixed", "quantized")) {
                cases.add(new Overload(bound, shape, "1s..5s", seed++));
            }
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("overloads")
    void atThreeTimesTheLoadTheQuotaIsUsedAndNothingIsWasted(Overload sample) {
        boolean byRequests = sample.bound.equals("requests");
        TwinSettings settings = TwinSettings.builder()
                .limits(FamilyLimits.ofTier("1"))
                .shape(Shape.parse(sample.shape))
                .latency(Latency.parse(sample.latency))
                .build();
        double perSecond = byRequests ? 25 : 7.0;
        VirtualGateway world = new VirtualGateway(settings, sample.seed)
                .run(poisson(perSecond, 300, sample.seed, "a", byRequests ? 400 : 3_600, byRequests ? 100 : 500));
        Ledger ledger = world.provider().ledger();
        Limit limit = world.limits().stream()
                .filter(each -> each.dimension().window().equals(MINUTE)
                        && each.dimension().unit().plural().equals(sample.bound))
                .findFirst()
                .orElseThrow();
        double over = QuotaUse.share(ledger, limit, sample.shape, 0, 300);
        double settled = QuotaUse.share(ledger, limit, sample.shape, 10, 300);
        double wasted = 100.0 * ledger.refusedTotal() / world.answered();
        boolean kept = over >= 0.97 && settled >= 0.97 && wasted <= 1;
        String line = print(
                kept,
                "%-60s quota used %.3f, %.3f after 10 s (bound 0.97), wasted %.2f of 100 calls (bound 1.00), 429s %d"
                        .formatted(sample, over, settled, wasted, ledger.refusedTotal()));
        assertThat(kept).as(line).isTrue();
        assertThat(world.leftBehind()).isEmpty();
    }

    @Test
    void aTenantThatAsksFiftyTimesAsMuchTakesNothingFromOneThatAsksLittle() {
        TwinSettings settings = settings("bucket", "1s..5s");
        List<Request> requests = poisson(25 * 50.0 / 51, 300, 11, "heavy", 400, 100);
        requests.addAll(poisson(25 / 51.0, 300, 12, "light", 400, 100));
        VirtualGateway world = new VirtualGateway(settings, 11).run(requests);
        double heavy = startedTokens(world, "heavy");
        double light = startedTokens(world, "light");
        double offeredByLight = tokens(world, "light", told -> true);
        double all = heavy + light;
        // Max-min fair: who asks for less than half gets it, the other one the rest.
        double entitledLight = Math.min(all / 2, offeredByLight);
        double index = jain(light / entitledLight, heavy / (all - entitledLight));
        double p95 = percentile(
                of(world, "light").map(told -> told.sendings > 0 ? told.waited() / 1e9 : Double.MAX_VALUE), 0.95);
        boolean kept = index >= 0.98 && p95 <= 2;
        String line = print(
                kept,
                "%-60s Jain's index %.4f (bound 0.98), light tenant's p95 wait %.2f s (bound 2.00)"
                        .formatted("heavy tenant 50 : light tenant 1, 3 x overload", index, p95));
        assertThat(kept).as(line).isTrue();
        assertThat(world.leftBehind()).isEmpty();
    }

    @Test
    void tenantsThatBothWaitGetEqualSharesOfTheTokensWhateverTheSizeOfTheirRequests() {
        List<Request> requests = poisson(10, 300, 13, "small", 2_400, 200);
        requests.addAll(poisson(3, 300, 14, "large", 9_600, 600));
        VirtualGateway world = new VirtualGateway(settings("bucket", "1s..5s"), 13).run(requests);
        double index = jain(startedTokens(world, "small"), startedTokens(world, "large"));
        boolean kept = index >= 0.98;
        String line = print(
                kept,
                "%-60s Jain's index over tokens %.4f (bound 0.98): %.0f and %.0f"
                        .formatted(
                                "two tenants wait, requests of 700 and 2,800 tokens",
                                index,
                                startedTokens(world, "small"),
                                startedTokens(world, "large")));
        assertThat(kept).as(line).isTrue();
    }

    record Deadlines(String shape, double load, double gain, long seed) {
        @Override
        public String toString() {
            return "deadlines of 5-60 s, bursts of %.1f minutes' quota, %s".formatted(load, shape);
        }
    }

    static Stream<Deadlines> deadlines() {
        return Stream.of(
                new Deadlines("quantized", 1.0, 0.20, 21),
                new Deadlines("quantized", 1.2, 0.20, 22),
                // A bucket keeps what was not used, so any order gets the same number through.
                new Deadlines("bucket", 1.0, -0.02, 23),
                new Deadlines("bucket", 1.2, -0.02, 24));
    }

    @ParameterizedTest
    @MethodSource("deadlines")
    void moreDeadlinesAreMetThanFirstComeFirstServedMeets(Deadlines sample) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(sample.seed);
        List<Request> requests = new ArrayList<>();
        for (int minute = 0; minute < 6; minute++) {
            for (int i = 0; i < 500 * sample.load; i++) {
                long at = minute * 60L * SECOND + random.nextLong(SECOND);
                requests.add(Request.of(at, "a", patience(random), 200 + random.nextInt(400), 100));
            }
        }
        compareDeadlines(sample.toString(), sample.shape, requests, sample.gain, sample.seed);
    }

    @Test
    void inASteadyOverloadNoOrderMeetsMoreDeadlinesThanThereIsQuota() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(25);
        List<Request> requests = poisson(25, 300, 25, "a", 400, 100).stream()
                .map(request -> Request.of(request.at(), "a", patience(random), request.promptCharacters(), 100))
                .toList();
        compareDeadlines("deadlines of 5-60 s, steady 3 x overload, bucket", "bucket", requests, -0.01, 25);
    }

    private static long patience(RandomGenerator random) {
        return 5 * SECOND + random.nextLong(55 * SECOND);
    }

    private static void compareDeadlines(
            String name, String shape, List<Request> requests, double leastGain, long seed) {
        TwinSettings settings = settings(shape, "1s..5s");
        VirtualGateway world = new VirtualGateway(settings, seed).run(requests);
        VirtualGateway fifo =
                new VirtualGateway(settings, seed).firstComeFirstServed().run(requests);
        double met = shareMet(world);
        double metByFifo = shareMet(fifo);
        long refused = world.count(Outcome.REFUSED_DEADLINE);
        long atOnce = world.all().stream()
                .filter(told -> told.outcome == Outcome.REFUSED_DEADLINE && told.endedAt == told.request.at())
                .count();
        long late = world.all().stream()
                .filter(told -> told.outcome == Outcome.REFUSED_DEADLINE
                        && told.endedAt - told.request.at() > told.request.patience())
                .count();
        boolean kept = met - metByFifo >= leastGain && late == 0;
        String line = print(
                kept,
                "%-60s met %.3f, first come first served %.3f, gain %+.3f (bound %+.2f), refused %d, at once %d, after the deadline %d (bound 0)"
                        .formatted(name, met, metByFifo, met - metByFifo, leastGain, refused, atOnce, late));
        assertThat(kept).as(line).isTrue();
        assertThat(world.leftBehind()).isEmpty();
    }

    private static double shareMet(VirtualGateway world) {
        return (double) world.all().stream()
                        .filter(VirtualGateway.Told::startedInTime)
                        .count()
                / world.all().size();
    }

    @Test
    void anotherClientThatTakesHalfIsAdaptedToWithinTwoWindows() {
        TwinSettings settings = settings("bucket", "1s..5s").toBuilder()
                .otherClient(OtherClient.parse("50%:300s/180s"))
                .build();
        VirtualGateway world = new VirtualGateway(settings, 31);
        Map<Integer, Ledger> ledgers = ledgersAt(world, 120, 300, 420, 480, 600, 780);
        world.run(poisson(25, 780, 31, "a", 400, 100));
        // He is there from the start, leaves after 300 s and comes back after 480 s.
        long late = world.provider().refusedAt.stream()
                .filter(at -> LongStream.of(0, 300, 480)
                        .noneMatch(change -> at >= change * SECOND && at <= (change + 120) * SECOND))
                .count();
        double least = Math.min(
                usedBetween(ledgers, 120, 300),
                Math.min(usedBetween(ledgers, 420, 480), usedBetween(ledgers, 600, 780)));
        double wasted = 100.0 * world.refusedByUpstream() / world.answered();
        boolean kept = late == 0 && wasted <= 1 && least >= 0.97;
        String line = print(
                kept,
                "%-60s after two windows: 429s %d (bound 0), quota used by both at least %.3f (bound 0.97); wasted %.2f of 100 calls (bound 1.00)"
                        .formatted("another client takes half, 300 s on, 180 s off", late, least, wasted));
        assertThat(kept).as(line).isTrue();
    }

    @Test
    void anotherClientThatComesAndGoesEachMinuteCostsFewCalls() {
        TwinSettings settings = settings("bucket", "1s..5s").toBuilder()
                .otherClient(OtherClient.parse("50%:60s/60s"))
                .build();
        VirtualGateway world = new VirtualGateway(settings, 32);
        Map<Integer, Ledger> ledgers = ledgersAt(world, 120, 600);
        world.run(poisson(25, 600, 32, "a", 400, 100));
        double wasted = 100.0 * world.refusedByUpstream() / world.answered();
        double used = usedBetween(ledgers, 120, 600);
        boolean kept = wasted <= 1 && used >= 0.97;
        String line = print(
                kept,
                "%-60s wasted %.2f of 100 calls (bound 1.00), quota used by both after two windows %.3f (bound 0.97)"
                        .formatted("another client takes half, 60 s on, 60 s off", wasted, used));
        assertThat(kept).as(line).isTrue();
    }

    private static Map<Integer, Ledger> ledgersAt(VirtualGateway world, int... seconds) {
        Map<Integer, Ledger> ledgers = new HashMap<>();
        for (int second : seconds) {
            world.at(second * SECOND, () -> ledgers.put(second, world.provider().ledger()));
        }
        return ledgers;
    }

    /** Requests of both clients, of those that flow back between two moments. */
    private static double usedBetween(Map<Integer, Ledger> ledgers, int from, int until) {
        double used = requestsOfBoth(ledgers, until) - requestsOfBoth(ledgers, from);
        return used / (500 / 60.0 * (until - from));
    }

    private static long requestsOfBoth(Map<Integer, Ledger> ledgers, int second) {
        Ledger ledger = Objects.requireNonNull(ledgers.get(second));
        return ledger.admitted() + ledger.otherClientRequests();
    }

    record AtOnce(VirtualGateway.Shows shows, String shape, long seed) {
        @Override
        public String toString() {
            return "60 at once, 20 per 5 s, %s, shown: %s"
                    .formatted(shape, shows == VirtualGateway.Shows.EVERYTHING ? "limits" : "Retry-After alone");
        }
    }

    static Stream<AtOnce> atOnce() {
        return Stream.of(VirtualGateway.Shows.values())
                .flatMap(shows -> LongStream.range(41, 46).mapToObj(seed -> new AtOnce(shows, "fixed", seed)));
    }

    @ParameterizedTest
    @MethodSource("atOnce")
    void sixtyAtOnceAgainstTwentyInFiveSecondsSeeNo429(AtOnce sample) {
        TwinSettings settings = TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(
                        new Limit(new Dimension(Scope.ORGANIZATION, Unit.REQUESTS, Duration.ofSeconds(5)), 20))))
                .shape(Shape.parse(sample.shape))
                .latency(Latency.parse("50ms"))
                .build();
        VirtualGateway world = new VirtualGateway(
                List.of(VirtualGateway.upstream("one")),
                settings,
                sample.shows,
                new QueueBounds(1_000, 1 << 20),
                sample.seed);
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            requests.add(Request.of(0, "a", 480 * SECOND, 300, 50));
        }
        world.run(requests);
        long first = world.provider().ledger().firstArrival().toNanos();
        long later = world.provider().refusedAt.stream()
                .filter(at -> at > first + 5 * SECOND)
                .count();
        double ratio = world.lastAnsweredAt() / (10.05 * SECOND);
        long seen = 60 - world.answered();
        boolean kept = seen == 0 && later <= 1 && ratio <= 1.05;
        String line = print(
                kept,
                "%-60s refused to the client %d (bound 0), 429s upstream %d, after the first window %d (bound 1), makespan %.3f of the ideal (bound 1.05)"
                        .formatted(sample, seen, world.refusedByUpstream(), later, ratio));
        assertThat(kept).as(line).isTrue();
        assertThat(world.leftBehind()).isEmpty();
    }

    @Test
    void anUpstreamThatIsDownForHalfAMinuteLosesNobody() {
        VirtualGateway world = new VirtualGateway(settings("bucket", "1s..5s"), 51);
        world.outage("one", 60 * SECOND, 90 * SECOND);
        List<Request> requests = poisson(6, 240, 51, "a", 400, 100).stream()
                .map(request -> Request.of(request.at(), "a", 120 * SECOND, request.promptCharacters(), 100))
                .toList();
        world.run(requests);
        long lost = requests.size() - world.answered();
        double sendings = (double) world.provider().sent / requests.size();
        boolean kept = lost == 0 && sendings <= 1.2;
        String line = print(
                kept,
                "%-60s lost %d of %d (bound 0), calls sent for each request %.3f (bound 1.20)"
                        .formatted("upstream down for 30 s, 0.7 x load", lost, requests.size(), sendings));
        assertThat(kept).as(line).isTrue();
        assertThat(world.leftBehind()).isEmpty();
    }

    @Test
    void tenThousandThatWaitAndHangUpLeaveNothingBehind() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(61);
        VirtualGateway world = new VirtualGateway(settings("bucket", "20s"), 61);
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            requests.add(Request.of(random.nextLong(SECOND), "tenant " + i % 100, 3_000 * SECOND, 300, 50)
                    .hangsUpAfter(SECOND + random.nextLong(9 * SECOND)));
        }
        int[] most = new int[1];
        world.afterEachEvent(() -> most[0] = Math.max(most[0], world.bounds().count()))
                .run(requests);
        long cancelled = world.count(Outcome.CANCELLED_BY_CLIENT);
        boolean kept =
                cancelled == 10_000 && most[0] > 9_000 && world.leftBehind().isEmpty();
        String line = print(
                kept,
                "%-60s waited at a time %d, cancelled %d, left behind: %s (bound nothing)"
                        .formatted(
                                "10,000 hang up",
                                most[0],
                                cancelled,
                                world.leftBehind().isEmpty() ? "nothing" : world.leftBehind()));
        assertThat(kept).as(line).isTrue();
    }

    private static TwinSettings settings(String shape, String latency) {
        return TwinSettings.builder()
                .limits(FamilyLimits.ofTier("1"))
                .shape(Shape.parse(shape))
                .latency(Latency.parse(latency))
                .build();
    }

    private static Stream<VirtualGateway.Told> of(VirtualGateway world, String tenant) {
        return world.all().stream().filter(told -> told.request.tenant().name().equals(tenant));
    }

    private static double startedTokens(VirtualGateway world, String tenant) {
        return tokens(world, tenant, told -> told.sendings > 0);
    }

    private static double tokens(VirtualGateway world, String tenant, Predicate<VirtualGateway.Told> which) {
        return of(world, tenant).filter(which).mapToDouble(told -> told.tokens).sum();
    }

    private static double jain(double... shares) {
        double sum = Arrays.stream(shares).sum();
        return sum
                * sum
                / (shares.length
                        * Arrays.stream(shares).map(share -> share * share).sum());
    }

    private static double percentile(Stream<Double> values, double part) {
        List<Double> sorted = values.sorted().toList();
        return sorted.get((int) Math.ceil(part * sorted.size()) - 1);
    }

    private static List<Request> poisson(
            double perSecond, int seconds, long seed, String tenant, int characters, int maxOutput) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        List<Request> requests = new ArrayList<>();
        double at = 0;
        while (true) {
            at += -Math.log(1 - random.nextDouble()) / perSecond;
            if (at > seconds) {
                return requests;
            }
            int size = characters / 2 + random.nextInt(characters);
            requests.add(Request.of((long) (at * SECOND), tenant, (30 + random.nextInt(31)) * SECOND, size, maxOutput));
        }
    }

    private static String print(boolean kept, String line) {
        String row = "%-6s  %s".formatted(kept ? "ok" : "MISSED", line);
        System.out.println(row);
        return row;
    }
}
