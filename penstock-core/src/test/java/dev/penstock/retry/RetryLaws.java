package dev.penstock.retry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.retry.RetryScenario.Driver;
import dev.penstock.retry.RetryScenario.Seen;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every policy. The seed is the name of the failing case. */
@Timeout(60)
final class RetryLaws {
    static LongStream seeds() {
        return LongStream.range(0, 300);
    }

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    private static Duration time(RandomGenerator random) {
        return Duration.ofMillis(1 + random.nextLong(random.nextBoolean() ? 2_000 : 100_000));
    }

    private static Wait wait(RandomGenerator random, int depth) {
        Duration first = time(random);
        Duration most = first.plus(time(random));
        return switch (random.nextInt(depth > 0 ? 14 : 9)) {
            case 0 -> Wait.fixed(first);
            case 1 -> Wait.between(first, most);
            case 2 -> Wait.linear(first, time(random), most);
            case 3 -> Wait.exponential(first, 1 + random.nextInt(4) / 2.0, most);
            case 4 -> Wait.fullJitter(first, first.plus(most), most.multipliedBy(2));
            case 5 -> Wait.equalJitter(first, most);
            case 6 -> Wait.decorrelated(first, most);
            case 7 -> Wait.fibonacci(first, most);
            case 8 -> Wait.decay(most, random.nextInt(3), first);
            case 9 -> Wait.sequence(wait(random, depth - 1), wait(random, depth - 1));
            case 10 -> Wait.list(first, most, first);
            case 11 -> wait(random, depth - 1).plus(wait(random, depth - 1));
            case 12 -> wait(random, depth - 1).spread(random.nextInt(5) / 4.0).atLeast(first);
            default -> Wait.serverHint(wait(random, depth - 1));
        };
    }

    private static Stop stop(RandomGenerator random, int depth) {
        return switch (random.nextInt(depth > 0 ? 5 : 3)) {
            case 0 -> Stop.attempts(1 + random.nextInt(8));
            case 1 -> Stop.beforeElapsed(time(random));
            case 2 -> Stop.afterElapsed(time(random));
            case 3 -> stop(random, depth - 1).or(stop(random, depth - 1));
            default -> stop(random, depth - 1).and(stop(random, depth - 1));
        };
    }

    private static When when(RandomGenerator random, int depth) {
        return switch (random.nextInt(depth > 0 ? 9 : 6)) {
            case 0 -> When.exception(IOException.class, TimeoutException.class);
            case 1 -> When.exceptionExcept(IllegalStateException.class);
            case 2 -> When.cause(IOException.class);
            case 3 -> When.message("a \"quoted\" \\ message; with, all (of it)");
            case 4 -> When.until(TimeoutException.class);
            case 5 -> When.messageMatches(java.util.regex.Pattern.compile("b.sy", random.nextInt(3)));
            case 6 -> when(random, depth - 1).not();
            case 7 -> when(random, depth - 1).or(when(random, depth - 1));
            default -> when(random, depth - 1).and(when(random, depth - 1));
        };
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void theTextFormOfAPolicyReadsBackEqual(long seed) {
        RandomGenerator random = random(seed);
        Wait wait = wait(random, 3);
        Stop stop = stop(random, 3);
        When when = when(random, 3);

        assertThat(Wait.parse(wait.toString())).isEqualTo(wait);
        assertThat(Stop.parse(stop.toString())).isEqualTo(stop);
        assertThat(When.parse(when.toString())).isEqualTo(when);
        Retry retry = Retry.named(
                        (random.nextBoolean() ? "the \"" : "name ") + seed + (random.nextBoolean() ? "\"" : ""))
                .stop(stop)
                .wait(wait)
                .when(when)
                .throttledWhen(When.message("full"))
                .rule(when(random, 1), wait(random, 1), stop(random, 1))
                .build();
        assertThat(Retry.parse(retry.toString())).hasToString(retry.toString());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyWaitIsZeroOrLongerAndAHintIsNeverUndercut(long seed) {
        RandomGenerator random = random(seed);
        Wait wait = wait(random, 3);
        Duration hint = time(random);
        long now = random.nextLong();
        Retry retry = Retry.builder()
                .wait(wait)
                .stop(Stop.attempts(5))
                .budget(new RetryBudget(new RetryBudget.Settings(1_000, 0, Duration.ofHours(1)), now))
                .hint(outcome -> Optional.of(hint))
                .build();
        RetryMachine machine = retry.machine();

        var step = machine.start(now);
        for (int i = 0; i < 100 && !(step instanceof RetryMachine.Step.Done); i++) {
            switch (step) {
                case RetryMachine.Step.Try next ->
                    step = machine.settled(new Outcome.Failed<>(new IOException("busy")), now, random);
                case RetryMachine.Step.Pause pause -> {
                    assertThat(pause.time()).isGreaterThanOrEqualTo(hint);
                    now += pause.time().toNanos();
                    step = machine.resumed(now, random);
                }
                case RetryMachine.Step.Done done -> {}
            }
        }
        assertThat(step).isInstanceOf(RetryMachine.Step.Done.class);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyDriverSeesTheSame(long seed) {
        RandomGenerator random = random(seed);
        Wait wait = wait(random, 2);
        Stop stop = Stop.attempts(1 + random.nextInt(5)).or(stop(random, 1));
        List<Object> script = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(6); i++) {
            script.add(
                    switch (random.nextInt(5)) {
                        case 0 -> new IOException("fault " + i);
                        case 1 -> new TimeoutException("throttle " + i);
                        case 2 -> new IllegalStateException("defect " + i);
                        case 3 -> TryAgainException.now("asked");
                        default -> "value " + i;
                    });
        }
        Optional<Duration> hint = random.nextBoolean()
                ? Optional.empty()
                : Optional.of(time(random).plusSeconds(1));

        List<Seen> all = new ArrayList<>();
        Supplier<RetryScenario> scenario = () -> new RetryScenario(
                RetryScenario.policy()
                        .wait(wait)
                        .stop(stop)
                        .when(When.exception(IOException.class).or(When.result("value 1"::equals)))
                        .throttledWhen(When.exception(TimeoutException.class))
                        .hint(outcome -> hint),
                script);
        for (Driver driver : Driver.values()) {
            all.add(scenario.get().run(driver));
        }
        Seen unheard = scenario.get().runUnheard();
        assertThat(unheard.events()).isEmpty();
        all.add(new Seen(
                unheard.attempts(), all.getFirst().events(), unheard.value(), unheard.thrown(), unheard.statistics()));

        for (Seen seen : all) {
            assertThat(seen.attempts()).as("attempts").isEqualTo(all.getFirst().attempts());
            assertThat(seen.events()).as("events").isEqualTo(all.getFirst().events());
            assertThat(seen.value()).as("value").isEqualTo(all.getFirst().value());
            assertThat(seen.statistics()).isEqualTo(all.getFirst().statistics());
            assertThat(String.valueOf(seen.thrown()))
                    .isEqualTo(String.valueOf(all.getFirst().thrown()));
        }
    }
}
