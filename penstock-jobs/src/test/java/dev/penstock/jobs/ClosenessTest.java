package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.FaultPlan;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.Ledger;
import dev.penstock.emulator.OtherClient;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Unit;
import dev.penstock.quota.QuotaSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * How close a run comes to the least time that the quota allows, in virtual time, over the whole range of inputs and
 * providers. Prints a row of figures for each.
 */
final class ClosenessTest {
    private static final String MODEL = "gpt-4o-mini";

    enum Rows {
        SMALL,
        HEAVY_TAILED,
        MIXED,
        SORTED_BY_LENGTH
    }

    record Case(Rows rows, int count, String tier, String shape, String latency, String other, long seed) {
        Case(Rows rows, int count, String tier, String shape, String latency, long seed) {
            this(rows, count, tier, shape, latency, "", seed);
        }

        @Override
        public String toString() {
            return "%s x %,d, tier %s, %s, %s%s, seed %d"
                    .formatted(rows, count, tier, shape, latency, other.isEmpty() ? "" : ", other " + other, seed);
        }
    }

    static Stream<Case> buckets() {
        List<Case> cases = new ArrayList<>();
        for (Rows rows : Rows.values()) {
            for (String latency : List.of("1s..20s", "lognormal:3s,0.6", "lognormal:1s,0.5", "100ms")) {
                cases.add(new Case(rows, 5_000, "1", "bucket", latency, 1));
                cases.add(new Case(rows, 50_000, "2", "bucket", latency, 2));
            }
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("buckets")
    void aRunTakesTheTimeThatTheQuotaNeedsWithoutARefusal(Case sample) {
        Figures figures = figures(sample, settings(sample).build(), 1.02, 0);
        assertThat(figures.ratio).as(figures.line).isLessThanOrEqualTo(1.02);
        assertThat(figures.result.ledger().refusedTotal()).as(figures.line).isZero();
        assertThat(figures.result.answeredOnce()).as(figures.line).isEqualTo(sample.count);
    }

    static Stream<Case> unknownShapes() {
        List<Case> cases = new ArrayList<>();
        for (String shape : List.of("sliding", "fixed", "fixed:20s", "quantized", "bucket:5s")) {
            for (Rows rows : Rows.values()) {
                cases.add(new Case(rows, 5_000, "1", shape, "1s..20s", 3));
                cases.add(new Case(rows, 50_000, "2", shape, "1s..20s", 4));
            }
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("unknownShapes")
    void shapesThatNobodyToldAreLearnedForAHandfulOfRefusals(Case sample) {
        Figures figures = figures(sample, settings(sample).build(), 1.10, sample.count / 200);
        assertThat(figures.ratio).as(figures.line).isLessThanOrEqualTo(1.10);
        assertThat(figures.result.ledger().refusedTotal()).as(figures.line).isLessThanOrEqualTo(sample.count / 200);
        assertThat(figures.result.answeredOnce()).as(figures.line).isEqualTo(sample.count);
    }

    static Stream<Case> shared() {
        List<Case> cases = new ArrayList<>();
        for (Rows rows : Rows.values()) {
            for (String other : List.of("50%:60s/60s", "50%")) {
                // Longer rows would take so long that the other client uses up the requests of the whole day.
                if (rows == Rows.SMALL || other.contains("/")) {
                    cases.add(new Case(rows, 5_000, "1", "bucket", "1s..20s", other, 5));
                }
                cases.add(new Case(rows, 50_000, "2", "bucket", "1s..20s", other, 6));
            }
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("shared")
    void anotherClientThatComesAndGoesLeavesUsTheRest(Case sample) {
        TwinSettings settings =
                settings(sample).otherClient(OtherClient.parse(sample.other)).build();
        Figures figures = figures(sample, settings, 1.03, sample.count / 200);
        assertThat(figures.ratio).as(figures.line).isLessThanOrEqualTo(1.03);
        assertThat(figures.result.ledger().refusedTotal()).as(figures.line).isLessThanOrEqualTo(sample.count / 200);
        assertThat(figures.result.answeredOnce()).as(figures.line).isEqualTo(sample.count);
    }

    static Stream<Case> faulty() {
        List<Case> cases = new ArrayList<>();
        for (Rows rows : Rows.values()) {
            cases.add(new Case(rows, 5_000, "1", "bucket", "1s..20s", 7));
            cases.add(new Case(rows, 50_000, "2", "bucket", "1s..20s", 8));
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("faulty")
    void faultsCostNoRowAndNoRowIsAnsweredTwice(Case sample) {
        TwinSettings settings = settings(sample)
                .faults(FaultPlan.parse("500=5%,reset=2%,hang=1%,cut=1%"))
                .build();
        Figures figures = figures(sample, settings, Double.POSITIVE_INFINITY, sample.count / 200);
        assertThat(figures.result.answeredOnce()).as(figures.line).isEqualTo(sample.count);
        assertThat(figures.result.ledger().refusedTotal()).as(figures.line).isLessThanOrEqualTo(sample.count / 200);
    }

    @ParameterizedTest
    @MethodSource("faulty")
    void signsOfOverloadThatComeAndGoCostLittleTime(Case sample) {
        TwinSettings settings =
                settings(sample).faults(FaultPlan.parse("503=1%,429=0.2%")).build();
        Figures figures = figures(sample, settings, 1.10, Long.MAX_VALUE);
        assertThat(figures.ratio).as(figures.line).isLessThanOrEqualTo(1.10);
        assertThat(figures.result.answeredOnce()).as(figures.line).isEqualTo(sample.count);
    }

    private static TwinSettings.Builder settings(Case sample) {
        return TwinSettings.builder()
                .limits(FamilyLimits.ofTier(sample.tier))
                .shape(Shape.parse(sample.shape))
                .latency(Latency.parse(sample.latency));
    }

    private record Figures(VirtualRun.Result result, double ratio, String line) {}

    /** Runs the case and prints its row, with what is required of it; the caller asserts that. */
    private static Figures figures(Case sample, TwinSettings settings, double mostRatio, long mostRefusals) {
        var rows = rows(sample);
        var result = new VirtualRun(
                        rows, settings, QuotaSettings.learnEverything(), Duration.ofSeconds(60), sample.seed)
                .run();
        double ideal = idealSeconds(sample, settings, result.ledger()) + result.lastLatencySeconds();
        double ratio = result.seconds() / ideal;
        String line = "%-75s %8.1f s, ideal %8.1f s, ratio %.4f, 429s %d, failed %d, peak %d"
                .formatted(
                        sample,
                        result.seconds(),
                        ideal,
                        ratio,
                        result.ledger().refusedTotal(),
                        result.failed(),
                        result.ledger().peakConcurrency());
        boolean kept = ratio <= mostRatio
                && result.ledger().refusedTotal() <= mostRefusals
                && result.answeredOnce() == sample.count;
        String ratioBound = mostRatio < Double.POSITIVE_INFINITY ? "ratio ≤ %.2f, ".formatted(mostRatio) : "";
        System.out.printf(
                "%-6s  %s  (required: %s429s ≤ %d, every row once)%n",
                kept ? "ok" : "MISSED", line, ratioBound, mostRefusals);
        return new Figures(result, ratio, line);
    }

    /** Work beyond the burst, over the rate, for the limit that takes longest; others' work included. */
    private static double idealSeconds(Case sample, TwinSettings settings, Ledger ledger) {
        double longest = 0;
        for (Limit limit : settings.limits().of(MODEL)) {
            double work = limit.dimension().unit() == Unit.REQUESTS
                    ? ledger.admitted() + ledger.otherClientRequests()
                    : ledger.tokensCharged() + ledger.otherClientTokens();
            double burst = limit.amount();
            if (limit.dimension().window().equals(Duration.ofMinutes(1))) {
                burst *= switch (sample.shape) {
                    case "quantized" -> 1.0 / 60;
                    case "bucket:5s" -> 5.0 / 60;
                    default -> 1.0;
                };
            }
            longest = Math.max(longest, (work - burst) / limit.perSecond());
        }
        return longest;
    }

    private static List<VirtualRun.Row> rows(Case sample) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(sample.seed);
        record Size(int characters, int maxOutput) {}
        List<Size> sizes = new ArrayList<>();
        for (int i = 0; i < sample.count; i++) {
            sizes.add(
                    switch (sample.rows) {
                        case SMALL -> new Size(200 + random.nextInt(400), 100);
                        // Median 300 tokens, now and then tens of thousands.
                        case HEAVY_TAILED ->
                            new Size((int) Math.min(120_000, 1_000 * Math.exp(1.2 * random.nextGaussian())), 200);
                        case MIXED ->
                            random.nextInt(5) == 0 ? new Size(8_000, 1_000) : new Size(100 + random.nextInt(300), 50);
                        case SORTED_BY_LENGTH ->
                            new Size((int) Math.min(60_000, 1_500 * Math.exp(random.nextGaussian())), 100);
                    });
        }
        if (sample.rows == Rows.SORTED_BY_LENGTH) {
            sizes.sort(Comparator.comparingInt(Size::characters));
        }
        List<VirtualRun.Row> rows = new ArrayList<>();
        for (Size size : sizes) {
            rows.add(VirtualRun.row(rows.size(), MODEL, size.characters, size.maxOutput));
        }
        return rows;
    }
}
