package dev.penstock.queue;

import static dev.penstock.queue.Arrivals.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.penstock.limit.Cost;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every queue. The seed is the name of the failing case. */
final class FairQueueLaws {
    private static final Predicate<String> ALL = tenant -> true;
    private static final Priority[] BANDS = Priority.values();
    private static final double ROUNDING = 1e-6;

    static LongStream seeds() {
        return LongStream.range(0, 200);
    }

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    private static FairQueue<Integer> queue() {
        return new FairQueue<>(new QueueBounds(1_000_000, 1L << 50), FairQueue.Settings.DEFAULTS);
    }

    private static Waiting<Integer> add(FairQueue<Integer> queue, Arrivals arrivals, int item) {
        return queue.add(arrivals.with(item)).orElseThrow();
    }

    private static Waiting<Integer> serve(FairQueue<Integer> queue) {
        Waiting<Integer> head = queue.head(ALL).orElseThrow();
        queue.take(head);
        return head;
    }

    /** Tenants with weights, and requests of any size up to a largest one. */
    private record Crowd(int tenants, double[] weights, double largestShare) {
        static Crowd from(RandomGenerator random) {
            int tenants = 2 + random.nextInt(5);
            double[] weights = random.doubles(tenants, 0.2, 8).toArray();
            return new Crowd(tenants, weights, 0.1 + random.nextDouble() * 20);
        }

        Arrivals arrival(int tenant, RandomGenerator random) {
            // A tenth of the requests are of the largest size, where bounds are reached.
            double share = random.nextInt(10) == 0 ? largestShare : 0.01 + random.nextDouble() * (largestShare - 0.01);
            return Arrivals.of("tenant" + tenant).weight(weights[tenant]).share(share);
        }

        /** The largest share / weight. */
        double largest() {
            return largestShare / Arrays.stream(weights).min().orElseThrow();
        }

        int number(Waiting<?> request) {
            return Integer.parseInt(request.tenant().substring("tenant".length()));
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void f1SharesAreProportionalToWeights(long seed) {
        RandomGenerator random = random(seed);
        Crowd crowd = Crowd.from(random);
        var queue = queue();
        double[] served = new double[crowd.tenants];
        for (int tenant = 0; tenant < crowd.tenants; tenant++) {
            for (int i = 0; i < 5; i++) {
                assertThat(add(queue, crowd.arrival(tenant, random), 0).isWaiting())
                        .isTrue();
            }
        }
        double total = 0;
        for (int i = 0; i < 2000; i++) {
            Waiting<Integer> request = serve(queue);
            int tenant = crowd.number(request);
            served[tenant] += request.shareSeconds();
            total += request.shareSeconds();
            assertThat(add(queue, crowd.arrival(tenant, random), 0).isWaiting()).isTrue();
        }
        double weights = Arrays.stream(crowd.weights).sum();
        for (int tenant = 0; tenant < crowd.tenants; tenant++) {
            assertThat(served[tenant] / crowd.weights[tenant])
                    .isCloseTo(total / weights, within(2 * crowd.largest() + ROUNDING));
        }
    }

    /** Requests come, are served, refused, given up and expire at random, at any rate of service, none included. */
    @ParameterizedTest
    @MethodSource("seeds")
    void f1EverythingLeavesExactlyOnceAndNothingStaysBehind(long seed) {
        RandomGenerator random = random(seed);
        Crowd crowd = Crowd.from(random);
        var bounds = new QueueBounds(1000, 1_000_000);
        var queue = new FairQueue<Integer>(bounds, FairQueue.Settings.DEFAULTS);
        long now = Long.MAX_VALUE - 50 * SECOND;
        int ofTenServed = random.nextInt(11);
        int requests = 1 + random.nextInt(random.nextBoolean() ? 3 : 500);
        var in = new ArrayList<Waiting<Integer>>();
        var out = new HashSet<Integer>();
        for (int i = 0; i < requests; i++) {
            now += random.nextLong(SECOND);
            Arrivals arrivals = crowd.arrival(random.nextInt(crowd.tenants), random)
                    .in(BANDS[random.nextInt(3)])
                    .at(now)
                    .until(now + random.nextLong(20 * SECOND));
            in.add(add(queue, arrivals, i));
            for (var expired = queue.pollExpired(now); expired.isPresent(); expired = queue.pollExpired(now)) {
                assertThat(out.add(expired.get().item())).isTrue();
                assertThat(expired.get().deadlineNanos() - now).isLessThanOrEqualTo(0);
            }
            assertThat(queue.nextDeadline().orElse(now + 1) - now).isPositive();
            if (!queue.isEmpty() && random.nextInt(10) < ofTenServed) {
                Waiting<Integer> request = serve(queue);
                if (random.nextInt(4) == 0) {
                    assertThat(queue.giveBack(request)).isTrue();
                    queue.addFirst(request);
                } else {
                    assertThat(out.add(request.item())).isTrue();
                }
            }
            Waiting<Integer> any = in.get(random.nextInt(in.size()));
            if (random.nextInt(4) == 0 && queue.remove(any)) {
                assertThat(out.add(any.item())).isTrue();
            }
        }
        for (int left = queue.size(); left > 0; left--) {
            assertThat(out.add(
                            random.nextBoolean()
                                    ? serve(queue).item()
                                    : queue.pollExpired(now + 60 * SECOND)
                                            .orElseThrow()
                                            .item()))
                    .isTrue();
        }
        assertThat(out).hasSize(requests);
        assertThat(in).noneMatch(Waiting::isWaiting);
        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.bytes()).isZero();
        assertThat(queue.rememberedTenants()).isZero();
        assertThat(queue.tenants()).isEmpty();
        assertThat(queue.first(50)).isEmpty();
        assertThat(queue.nextDeadline()).isEmpty();
        assertThat(bounds.count()).isZero();
        assertThat(bounds.bytes()).isZero();
    }

    /** Also says that idle tenants cannot claim the past: what counts for two begins when both have come to wait. */
    @ParameterizedTest
    @MethodSource("seeds")
    void f2TwoTenantsThatWaitDifferByTwiceTheLargestRequestAtMost(long seed) {
        RandomGenerator random = random(seed);
        Crowd crowd = Crowd.from(random);
        int n = crowd.tenants;
        var queue = queue();
        double[] served = new double[n];
        int[] waiting = new int[n];
        double[][] least = new double[n][n];
        double[][] most = new double[n][n];
        boolean[][] together = new boolean[n][n];
        double widest = 0;
        double[] habit = random.doubles(n).toArray();
        for (int step = 0; step < 3000; step++) {
            if (queue.isEmpty() || random.nextInt(100) < 50) {
                int tenant = random.nextInt(n);
                for (int i = random.nextDouble() < habit[tenant] ? 3 : 1; i > 0; i--) {
                    assertThat(add(queue, crowd.arrival(tenant, random), step).isWaiting())
                            .isTrue();
                    waiting[tenant]++;
                }
            } else {
                for (int i = random.nextInt(4); i > 0 && !queue.isEmpty(); i--) {
                    Waiting<Integer> request = serve(queue);
                    int tenant = crowd.number(request);
                    served[tenant] += request.virtualSeconds();
                    waiting[tenant]--;
                    widest = Math.max(widest, update(served, waiting, least, most, together));
                }
            }
            widest = Math.max(widest, update(served, waiting, least, most, together));
        }
        assertThat(widest).isLessThanOrEqualTo(2 * crowd.largest() + ROUNDING).isPositive();
    }

    /** Follows, for each two that wait, how far what they are served moves apart; gives the widest of all. */
    private static double update(
            double[] served, int[] waiting, double[][] least, double[][] most, boolean[][] together) {
        double widest = 0;
        for (int a = 0; a < served.length; a++) {
            for (int b = 0; b < a; b++) {
                double difference = served[a] - served[b];
                boolean both = waiting[a] > 0 && waiting[b] > 0;
                if (both && together[a][b]) {
                    least[a][b] = Math.min(least[a][b], difference);
                    most[a][b] = Math.max(most[a][b], difference);
                    widest = Math.max(widest, most[a][b] - least[a][b]);
                } else {
                    least[a][b] = difference;
                    most[a][b] = difference;
                }
                together[a][b] = both;
            }
        }
        return widest;
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void f3EqualDeadlinesOfATenantAreServedInOrderOfArrival(long seed) {
        RandomGenerator random = random(seed);
        Crowd crowd = Crowd.from(random);
        var queue = queue();
        int requests = 300;
        Map<String, Integer> last = new HashMap<>();
        for (int i = 0; i < requests; i++) {
            assertThat(add(queue, crowd.arrival(random.nextInt(crowd.tenants), random), i)
                            .isWaiting())
                    .isTrue();
            if (random.nextInt(3) == 0) {
                checkFollows(serve(queue), last);
            }
        }
        while (!queue.isEmpty()) {
            checkFollows(serve(queue), last);
        }
        assertThat(last).isNotEmpty();
    }

    private static void checkFollows(Waiting<Integer> request, Map<String, Integer> last) {
        Integer before = last.put(request.tenant(), request.item());
        assertThat(before == null ? -1 : before).isLessThan(request.item());
    }

    /** Most tenants here are strangers who come for a single request, without end. */
    @ParameterizedTest
    @MethodSource("seeds")
    void f4AHeadThatWaitsIsPassedByABoundedAmount(long seed) {
        RandomGenerator random = random(seed);
        Crowd crowd = Crowd.from(random);
        var queue = queue();
        var counts = new HashMap<String, Integer>();
        var weights = new HashMap<String, Double>();
        // For each tenant: all that had been served when its present head became its head.
        var since = new HashMap<String, Double>();
        double total = 0;
        double furthest = 0;
        double mostWeight = 0;
        int mostTenants = 0;
        int crowdSize = 1 + random.nextInt(30);
        for (int step = 0; step < 3000; step++) {
            for (int i = random.nextInt(4); i > 0 && queue.size() < crowdSize; i--) {
                int tenant = random.nextInt(crowd.tenants);
                Arrivals arrivals = crowd.arrival(tenant, random);
                if (random.nextInt(4) != 0) {
                    arrivals = new Arrivals(
                            "stranger" + step + "-" + i,
                            arrivals.weight(),
                            arrivals.priority(),
                            arrivals.shareSeconds(),
                            0,
                            60 * SECOND);
                }
                assertThat(add(queue, arrivals, step).isWaiting()).isTrue();
                counts.merge(arrivals.tenant(), 1, Integer::sum);
                weights.put(arrivals.tenant(), arrivals.weight());
                since.putIfAbsent(arrivals.tenant(), total);
                mostTenants = Math.max(mostTenants, weights.size());
                mostWeight = Math.max(
                        mostWeight,
                        weights.values().stream().mapToDouble(weight -> weight).sum());
            }
            if (queue.isEmpty()) {
                continue;
            }
            Waiting<Integer> request = serve(queue);
            String tenant = request.tenant();
            furthest = Math.max(furthest, total - since.getOrDefault(tenant, total));
            total += request.shareSeconds();
            if (counts.merge(tenant, -1, Integer::sum) == 0) {
                counts.remove(tenant);
                weights.remove(tenant);
                since.remove(tenant);
            } else {
                since.put(tenant, total);
            }
        }
        double bound = 2 * mostWeight * crowd.largest() + (mostTenants + 1) * crowd.largestShare;
        assertThat(furthest).isLessThanOrEqualTo(bound + ROUNDING);
        assertThat(crowdSize == 1 || furthest > 0).isTrue();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyBandThatWaitsGetsATenthOfAllThatIsServedAndNotMore(long seed) {
        RandomGenerator random = random(seed);
        Crowd crowd = Crowd.from(random);
        var queue = queue();
        double[] served = new double[3];
        double[] since = new double[3];
        double[] own = new double[3];
        boolean[] behind = new boolean[3];
        double total = 0;
        for (int step = 0; step < 4000; step++) {
            int band = random.nextInt(3);
            if (random.nextInt(step % 1000 < 800 ? 10 : 2) != 0 && queue.size() < 100) {
                add(queue, crowd.arrival(random.nextInt(crowd.tenants), random).in(BANDS[band]), step);
            }
            for (int i = 1; i < 3; i++) {
                boolean is =
                        queue.size(BANDS[i]) > 0 && (queue.size(BANDS[0]) > 0 || (i == 2 && queue.size(BANDS[1]) > 0));
                if (!is || !behind[i]) {
                    since[i] = total;
                    own[i] = served[i];
                }
                behind[i] = is;
            }
            if (queue.isEmpty() || random.nextInt(4) == 0) {
                continue;
            }
            Waiting<Integer> request = serve(queue);
            total += request.shareSeconds();
            served[request.priority().ordinal()] += request.shareSeconds();
            for (int i = 1; i < 3; i++) {
                if (behind[i]) {
                    double tenth = (total - since[i]) / 10;
                    assertThat(served[i] - own[i])
                            .as("band %d, step %d", i, step)
                            .isBetween(
                                    tenth - 2 * crowd.largestShare - ROUNDING,
                                    tenth + 2 * crowd.largestShare + ROUNDING);
                }
            }
        }
        assertThat(served[2]).isPositive();
    }

    /** With one tenant in each band there is nothing to estimate but the parts of the bands. */
    @ParameterizedTest
    @MethodSource("seeds")
    void costAheadIsExactInsideATenantAndWithinTwoRequestsAcrossBands(long seed) {
        RandomGenerator random = random(seed);
        var queue = queue();
        var handles = new ArrayList<Waiting<Integer>>();
        double largest = 0.1 + random.nextDouble() * 5;
        boolean oneBand = seed % 4 == 0;
        for (int i = 0; i < 60; i++) {
            Arrivals arrivals = Arrivals.of("T")
                    .in(oneBand ? Priority.NORMAL : BANDS[random.nextInt(3)])
                    .share(0.01 + random.nextDouble() * (largest - 0.01))
                    .until(random.nextLong(20) * SECOND);
            handles.add(add(queue, arrivals, i));
            if (random.nextInt(4) == 0) {
                serve(queue);
            }
        }
        checkCostAhead(
                queue,
                handles,
                oneBand ? Priority.NORMAL : BANDS[random.nextInt(3)],
                random,
                oneBand ? 0 : 2 * largest * 1000 + 120);
    }

    /** Shares here are random numbers, so that no two start tags are the same, and the forecast has nothing to guess. */
    @ParameterizedTest
    @MethodSource("seeds")
    void costAheadIsExactAcrossTenantsWhoseTagsDiffer(long seed) {
        RandomGenerator random = random(seed);
        Crowd crowd = Crowd.from(random);
        var queue = queue();
        var handles = new ArrayList<Waiting<Integer>>();
        for (int i = 0; i < 100; i++) {
            handles.add(add(
                    queue,
                    crowd.arrival(random.nextInt(crowd.tenants), random)
                            .share(0.01 + random.nextDouble())
                            .until(random.nextLong(20) * SECOND),
                    i));
            if (random.nextInt(3) == 0) {
                serve(queue);
            }
        }
        checkCostAhead(queue, handles, Priority.NORMAL, random, 0);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void costAheadIsWithinOneRequestOfEachTenantWhenTagsAreEqual(long seed) {
        RandomGenerator random = random(seed);
        var queue = queue();
        var handles = new ArrayList<Waiting<Integer>>();
        int tenants = 2 + random.nextInt(5);
        for (int i = 0; i < 80; i++) {
            handles.add(add(
                    queue, Arrivals.of("tenant" + random.nextInt(tenants)).share((1 + random.nextInt(4)) * 0.25), i));
            if (random.nextInt(4) == 0) {
                serve(queue);
            }
        }
        checkCostAhead(queue, handles, Priority.NORMAL, random, (tenants - 1) * 1000.0);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void costAheadOfManyTenantsInAllBandsIsWithinItsBound(long seed) {
        RandomGenerator random = random(seed);
        Crowd crowd = Crowd.from(random);
        var queue = queue();
        var handles = new ArrayList<Waiting<Integer>>();
        for (int i = 0; i < 100; i++) {
            handles.add(add(
                    queue,
                    crowd.arrival(random.nextInt(crowd.tenants), random)
                            .in(BANDS[random.nextInt(3)])
                            .until(random.nextLong(20) * SECOND),
                    i));
            if (random.nextInt(4) == 0) {
                serve(queue);
            }
        }
        checkCostAhead(queue, handles, BANDS[random.nextInt(3)], random, 2 * crowd.largestShare * 1000 + 200);
    }

    /** Forecasts for all that wait, and for one more, are compared to what is then served before each. */
    private static void checkCostAhead(
            FairQueue<Integer> queue,
            List<Waiting<Integer>> handles,
            Priority band,
            RandomGenerator random,
            double toleratedTokens) {
        Arrival<Integer> last = Arrivals.of(random.nextInt(3) == 0 ? "T" : "tenant" + random.nextInt(8))
                .in(band)
                .share(0.3)
                .until(random.nextLong(20) * SECOND)
                .with(-1);
        Cost forecastOfLast = queue.costAhead(last);
        Waiting<Integer> added = queue.add(last).orElseThrow();
        assertThat(queue.costAhead(added)).isEqualTo(forecastOfLast);
        Map<Waiting<Integer>, Cost> forecasts = new IdentityHashMap<>();
        handles.add(added);
        for (Waiting<Integer> waiting : handles) {
            if (waiting.isWaiting()) {
                forecasts.put(waiting, queue.costAhead(waiting));
            }
        }
        assertThat(forecasts).hasSize(queue.size());
        Cost served = new Cost(0, 0, 0);
        while (!queue.isEmpty()) {
            Waiting<Integer> request = serve(queue);
            Cost forecast = forecasts.get(request);
            assertThat(forecast).isNotNull();
            if (forecast != null) {
                if (toleratedTokens == 0) {
                    assertThat(forecast).as("%s", request).isEqualTo(served);
                } else {
                    assertThat((double) forecast.tokens())
                            .as("tokens before %s", request)
                            .isCloseTo(served.tokens(), within(toleratedTokens));
                }
            }
            served = served.plus(request.cost());
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whatIsShownAsNextIsWhatIsServedNext(long seed) {
        RandomGenerator random = random(seed);
        Crowd crowd = Crowd.from(random);
        var queue = queue();
        for (int i = 0; i < 120; i++) {
            add(
                    queue,
                    crowd.arrival(random.nextInt(crowd.tenants), random)
                            .in(BANDS[random.nextInt(3)])
                            .until(random.nextLong(20) * SECOND),
                    i);
            if (random.nextInt(5) == 0) {
                serve(queue);
            }
        }
        int most = random.nextInt(51);
        List<Waiting<Integer>> shown = queue.first(most);
        assertThat(shown).hasSize(most);
        for (Waiting<Integer> next : shown) {
            assertThat(serve(queue)).isSameAs(next);
        }
    }

    /**
     * Weights are powers of two and shares multiples of them, so that sums are exact in whatever order they are made, and
     * ties are frequent.
     */
    @ParameterizedTest
    @MethodSource("seeds")
    void itDoesWhatThePlainQueueDoes(long seed) {
        RandomGenerator random = random(seed);
        var bounds = new QueueBounds(40, 1_000_000);
        var queue = new FairQueue<Integer>(bounds, new FairQueue.Settings(0.125, 0.001));
        var plain = new PlainQueue(0.125);
        var pairs = new HashMap<Integer, Waiting<Integer>>();
        var taken = new ArrayList<PlainQueue.Entry>();
        long now = Long.MAX_VALUE - 20 * SECOND;
        int busy = 3 + random.nextInt(5);
        for (int step = 0; step < 400; step++) {
            now += random.nextLong(SECOND / 4);
            switch (random.nextInt(10)) {
                case 0, 1, 2, 3, 4 -> {
                    for (int i = random.nextInt(busy); i >= 0; i--) {
                        int item = pairs.size();
                        Arrival<Integer> arrival = Arrivals.of("tenant" + random.nextInt(5))
                                .weight(1 << random.nextInt(3))
                                .in(BANDS[random.nextInt(3)])
                                .share((1 + random.nextInt(8)) / 8.0)
                                .at(now)
                                .until(now + random.nextLong(12) * SECOND)
                                .with(item);
                        boolean isRoom = plain.waiting().size() < 40;
                        var added = queue.add(arrival);
                        assertThat(added.isPresent()).isEqualTo(isRoom);
                        if (added.isPresent()) {
                            pairs.put(item, added.get());
                            plain.add(new PlainQueue.Entry(arrival));
                        }
                    }
                }
                case 5, 6, 7 -> {
                    for (int i = random.nextInt(busy); i >= 0; i--) {
                        String heldBack = "tenant" + random.nextInt(10);
                        Predicate<String> mayServe = tenant -> !tenant.equals(heldBack);
                        PlainQueue.Entry expected = plain.head(mayServe);
                        Waiting<Integer> head = queue.head(mayServe).orElse(null);
                        checkSame(head, expected, step);
                        if (head != null && expected != null) {
                            queue.take(head);
                            plain.take(expected);
                            taken.add(expected);
                        }
                    }
                }
                case 8 -> {
                    if (!taken.isEmpty()) {
                        PlainQueue.Entry entry = taken.remove(random.nextInt(taken.size()));
                        Waiting<Integer> request = pairs.get(entry.number());
                        assertThat(request).isNotNull();
                        if (request != null) {
                            assertThat(queue.giveBack(request)).isTrue();
                            plain.giveBack(entry);
                            if (random.nextInt(4) != 0) {
                                queue.addFirst(request);
                                plain.addFirst(entry);
                            }
                        }
                    }
                }
                case 9 -> {
                    if (random.nextBoolean() && !plain.waiting().isEmpty()) {
                        PlainQueue.Entry entry = plain.waiting()
                                .get(random.nextInt(plain.waiting().size()));
                        Waiting<Integer> request = pairs.get(entry.number());
                        assertThat(request != null && queue.remove(request)).isTrue();
                        plain.remove(entry);
                    } else {
                        PlainQueue.Entry expected = plain.expired(now);
                        Waiting<Integer> expired = queue.pollExpired(now).orElse(null);
                        checkSame(expired, expected, step);
                        if (expected != null) {
                            plain.remove(expected);
                        }
                    }
                }
                default -> throw new AssertionError("no such case");
            }
            assertThat(queue.size())
                    .as("step %d", step)
                    .isEqualTo(plain.waiting().size());
            assertThat(bounds.count()).isEqualTo(queue.size());
            for (Priority band : BANDS) {
                assertThat(queue.size(band)).isEqualTo((int) plain.waiting().stream()
                        .filter(entry -> entry.arrival.priority() == band)
                        .count());
            }
            checkOldest(queue, plain);
            checkSame(queue.head(ALL).orElse(null), plain.head(ALL), step);
        }
    }

    private static void checkSame(@Nullable Waiting<Integer> request, PlainQueue.@Nullable Entry entry, int step) {
        assertThat(request == null ? -1 : request.item())
                .as("step %d", step)
                .isEqualTo(entry == null ? -1 : entry.number());
    }

    private static void checkOldest(FairQueue<Integer> queue, PlainQueue plain) {
        Set<FairQueue.TenantWaiting> expected = new HashSet<>();
        for (int i = 0; i < 5; i++) {
            String tenant = "tenant" + i;
            List<PlainQueue.Entry> all = plain.waiting().stream()
                    .filter(entry -> entry.arrival.tenant().equals(tenant))
                    .toList();
            // Arrival times come from one clock that goes forward, so the lowest number is the oldest.
            all.stream()
                    .min((a, b) -> Integer.compare(a.number(), b.number()))
                    .ifPresent(oldest -> expected.add(
                            new FairQueue.TenantWaiting(tenant, all.size(), oldest.arrival.enqueuedAtNanos())));
        }
        assertThat(new HashSet<>(queue.tenants())).isEqualTo(expected);
    }
}
