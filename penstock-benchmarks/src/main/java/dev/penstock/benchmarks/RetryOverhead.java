package dev.penstock.benchmarks;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import dev.penstock.retry.Retry;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What a retry policy costs a call that succeeds at once, each library with its defaults. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RetryOverhead {
    private final Retry penstock = Retry.defaults();
    private final FailsafeExecutor<Object> failsafe = Failsafe.with(RetryPolicy.ofDefaults());
    private final io.github.resilience4j.retry.Retry resilience4j =
            io.github.resilience4j.retry.Retry.ofDefaults("defaults");
    private Object answer = "answer";

    @Benchmark
    public Object bare() {
        return answer;
    }

    @Benchmark
    public Object penstock() {
        return penstock.call(() -> answer);
    }

    @Benchmark
    public Object failsafe() {
        return failsafe.get(() -> answer);
    }

    @Benchmark
    public Object resilience4j() {
        return resilience4j.executeSupplier(() -> answer);
    }
}
