package dev.penstock.benchmarks;

import com.google.common.util.concurrent.RateLimiter;
import dev.failsafe.Failsafe;
import dev.penstock.benchmarks.Scorecard.Bound;
import io.github.bucket4j.Bucket;
import io.github.resilience4j.retry.Retry;
import java.io.IOException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.util.Statistics;

/**
 * What the library costs a call that it does not hold back, beside others that do a part of the same. On a machine that
 * does other work too, only the ratios of one run mean anything.
 */
final class Overheads {
    private static final int FORKS = 2;
    private static final int WARM_UPS = 3;
    private static final int MEASUREMENTS = 5;

    private final Bench bench;
    private final Map<String, Figure> figures;

    private Overheads(Bench bench, Map<String, Figure> figures) {
        this.bench = bench;
        this.figures = figures;
    }

    /**
     * @param nanos the median of the iterations, which a busy neighbour disturbs less than their mean
     * @param bytes allocated by a call
     */
    private record Figure(double nanos, double least, double most, double bytes) {}

    static void run(Bench bench) throws IOException {
        System.out.println("        " + FORKS + " forks, each warmed up for " + WARM_UPS + " s and measured for "
                + MEASUREMENTS + " s, one thread, with "
                + ComparedLibraries.of(Benchmark.class, Bucket.class, Failsafe.class, RateLimiter.class, Retry.class));
        Map<String, Figure> figures = new LinkedHashMap<>();
        try {
            for (RunResult result : new Runner(options(bench)).run()) {
                String name = result.getParams().getBenchmark();
                Statistics times = result.getPrimaryResult().getStatistics();
                figures.put(
                        name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1),
                        new Figure(times.getPercentile(50), times.getMin(), times.getMax(), allocated(result)));
            }
        } catch (RunnerException e) {
            throw new IOException("JMH did not come to an end: " + e.getMessage(), e);
        }
        var overheads = new Overheads(bench, figures);
        overheads.limits();
        overheads.retries();
    }

    private static double allocated(RunResult result) {
        Result<?> bytes = result.getSecondaryResults().get("gc.alloc.rate.norm");
        if (bytes == null) {
            throw new IllegalStateException("JMH did not tell what a call allocates");
        }
        return bytes.getScore();
    }

    private static Options options(Bench bench) {
        return new OptionsBuilder()
                .include(LimitOverhead.class.getName())
                .include(RetryOverhead.class.getName())
                .forks(FORKS)
                .warmupIterations(WARM_UPS)
                .warmupTime(TimeValue.seconds(1))
                .measurementIterations(MEASUREMENTS)
                .measurementTime(TimeValue.seconds(1))
                .threads(1)
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true)
                .jvmArgsAppend("-Xms256m", "-Xmx256m")
                .output(bench.folder().resolve("jmh.txt").toString())
                .build();
    }

    private void limits() {
        String group = LimitOverhead.class.getSimpleName();
        Figure ours = figure(group + ".penstockFourLimits");
        Figure caps = figure(group + ".penstockFourCaps");
        String fastest = Stream.of("bucket4jOneLimit", "resilience4jOneLimit", "failsafeOneLimit", "guavaOneLimit")
                .min(Comparator.comparingDouble(name -> figure(group + "." + name).nanos))
                .orElseThrow();
        bench.scorecard()
                .print(
                        "reserve and settle, 4 limits",
                        text(ours) + " (of a provider), " + text(caps) + " (of one's own)",
                        Bound.atMost("time", ours.nanos, 500, " ns"),
                        times(ours, figure(group + "." + fastest), fastest + ", the fastest", 2),
                        Bound.atMost("allocated", Math.rint(ours.bytes), 0, " B"));
        others(group, "penstock");
    }

    private void retries() {
        String group = RetryOverhead.class.getSimpleName();
        Figure ours = figure(group + ".penstock");
        bench.scorecard()
                .print(
                        "retries around a call that succeeds",
                        text(ours),
                        times(ours, figure(group + ".failsafe"), "Failsafe", 1),
                        times(ours, figure(group + ".resilience4j"), "Resilience4j, which reads no clock", 1));
        others(group, "penstock");
    }

    private static Bound times(Figure ours, Figure other, String name, int most) {
        return Bound.atMost(
                "%.2f times %s".formatted(ours.nanos / other.nanos, name), ours.nanos / other.nanos, most, "");
    }

    /** Beside it, in the same run. */
    private void others(String group, String ours) {
        figures.forEach((name, figure) -> {
            if (name.startsWith(group + ".") && !name.startsWith(group + "." + ours)) {
                System.out.printf("        %-28s %s%n", name.substring(group.length() + 1), text(figure));
            }
        });
    }

    private Figure figure(String name) {
        Figure figure = figures.get(name);
        if (figure == null) {
            throw new IllegalStateException("JMH gave no figure for " + name);
        }
        return figure;
    }

    private static String text(Figure figure) {
        return "%.1f ns (%.1f to %.1f), %.0f B".formatted(figure.nanos, figure.least, figure.most, figure.bytes);
    }
}
