package dev.penstock.pacing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import dev.penstock.queue.Priority;
import dev.penstock.retry.Backoff;
import dev.penstock.retry.RetryPolicy;
import dev.penstock.time.VirtualTime;
import dev.penstock.verdict.Verdict.Fault;
import dev.penstock.wire.HeaderLookup;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever happens to whom, in whatever order: nothing is settled twice, nothing stays taken, no limit is exceeded. */
@Timeout(120)
final class PacingLaws {
    private static final int SEEDS = 300;
    private static final int STEPS = 150;
    private static final int PER_SECOND = 5;
    private static final byte[] CHAT = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}"
            .getBytes(StandardCharsets.UTF_8);
    private static final byte[] NO_ROOM =
            "{\"error\":{\"message\":\"Rate limit reached\",\"code\":\"rate_limit_exceeded\"}}"
                    .getBytes(StandardCharsets.UTF_8);

    /** A call and the turn that it waits for. */
    private static final class Running {
        final PacedCall call;
        CompletableFuture<Boolean> turn;

        Running(PacedCall call) {
            this.call = call;
            this.turn = call.turn();
        }

        boolean hasTurn() {
            return turn.isDone() && !turn.isCompletedExceptionally() && turn.join();
        }
    }

    private static final class World {
        final RandomGenerator random;
        final VirtualTime time = new VirtualTime();
        final List<Long> sentAtMillis = new ArrayList<>();
        final Penstock penstock;
        final List<CompletableFuture<Grant>> futures = new ArrayList<>();
        final List<Running> calls = new ArrayList<>();

        World(long seed) {
            random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            penstock = Penstock.builder()
                    .time(time)
                    .executor(Runnable::run)
                    .random(random)
                    .capsAreAll()
                    .cap(new Limit(new Dimension(Scope.ORGANIZATION, Unit.REQUESTS, Duration.ofSeconds(1)), PER_SECOND))
                    .concurrency(1 + random.nextInt(8))
                    .maxWaiting(1 + random.nextInt(30))
                    .retry(RetryPolicy.DEFAULT.withBackoff(
                            new Backoff(Duration.ZERO, Duration.ofSeconds(1), Duration.ofSeconds(4))))
                    .build();
        }

        Ask ask() {
            return Ask.request("m")
                    .withTenant("tenant " + random.nextInt(3))
                    .withPriority(Priority.values()[random.nextInt(Priority.values().length)]);
        }

        Duration patience() {
            return Duration.ofMillis(random.nextInt(10_000));
        }

        void step() {
            switch (random.nextInt(10)) {
                case 0, 1 -> futures.add(penstock.acquireAsync(ask(), patience()));
                case 2, 3 ->
                    calls.add(new Running(penstock.paced(PacedRequest.read("POST", "/v1/chat/completions", null, CHAT)
                            .withPatience(patience()))));
                case 4 -> penstock.tryAcquire(ask()).ifPresent(grant -> end(grant));
                case 5 -> {
                    if (!futures.isEmpty()) {
                        futures.get(random.nextInt(futures.size())).cancel(false);
                    }
                }
                case 6 ->
                    futures.forEach(future -> {
                        if (future.isDone() && !future.isCompletedExceptionally() && random.nextBoolean()) {
                            end(future.join());
                        }
                    });
                case 7 -> {
                    for (Running running : calls) {
                        if (running.hasTurn() && random.nextBoolean()) {
                            go(running);
                        }
                    }
                }
                case 8 -> {
                    if (!calls.isEmpty() && random.nextInt(4) == 0) {
                        calls.get(random.nextInt(calls.size())).call.close();
                    }
                }
                default -> time.advance(Duration.ofMillis(random.nextInt(700)));
            }
        }

        void end(Grant grant) {
            switch (random.nextInt(4)) {
                case 0 -> grant.answered();
                case 1 -> grant.failed();
                case 2 -> grant.notSent();
                default -> grant.close();
            }
            if (random.nextInt(3) == 0) {
                grant.close();
            }
        }

        void go(Running running) {
            PacedCall call = running.call;
            Next next = switch (random.nextInt(4)) {
                case 0 -> call.refused(429, HeaderLookup.none(), NO_ROOM);
                case 1 -> call.broke(Fault.CONNECTION_LOST, "Lost.");
                case 2 -> {
                    call.ended();
                    yield new Next.GiveUp("answered");
                }
                default -> {
                    call.cutOff();
                    yield new Next.GiveUp("cut off");
                }
            };
            running.turn = next instanceof Next.GiveUp ? CompletableFuture.completedFuture(false) : call.turn();
        }

        void check() {
            PenstockSnapshot now = penstock.snapshot();
            assertThat(now.waiting()).isBetween(0, now.maxWaiting() + calls.size());
            now.lanes().forEach(lane -> assertThat(lane.quota().settledTwice()).isZero());
        }

        void finish() {
            if (random.nextBoolean()) {
                penstock.close();
            } else {
                time.advance(Duration.ofMinutes(1));
            }
            futures.forEach(future -> {
                if (future.isDone() && !future.isCompletedExceptionally()) {
                    end(future.join());
                }
            });
            calls.forEach(running -> running.call.close());
            time.advance(Duration.ofMinutes(1));
            futures.forEach(future -> {
                if (future.isDone() && !future.isCompletedExceptionally()) {
                    end(future.join());
                }
            });
            PenstockSnapshot end = penstock.snapshot();
            assertThat(end.running()).isZero();
            assertThat(end.waiting()).isZero();
            assertThat(end.backingOff()).isZero();
            assertThat(end.leaked()).isZero();
            assertThat(futures).allMatch(CompletableFuture::isDone);
            assertThat(calls).allMatch(running -> running.turn.isDone());
            assertThat(time.scheduled()).isZero();
        }
    }

    @Test
    void everythingEndsOnceAndNothingStaysTaken() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            World world = new World(seed);
            try {
                for (int i = 0; i < STEPS; i++) {
                    world.step();
                    world.check();
                }
                world.finish();
            } catch (Throwable e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    @Test
    void aCapIsNeverExceededInAnySecond() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            World world = new World(seed);
            world.penstock.listen(new PacingListener() {
                @Override
                public void granted(Ask ask, Duration waited) {
                    world.sentAtMillis.add(world.time.passed().toMillis());
                }
            });
            for (int i = 0; i < STEPS; i++) {
                world.futures.add(world.penstock.acquireAsync(world.ask(), Duration.ofMinutes(5)));
                world.futures.forEach(future -> {
                    if (future.isDone() && !future.isCompletedExceptionally()) {
                        future.join().answered();
                    }
                });
                world.time.advance(Duration.ofMillis(world.random.nextInt(300)));
            }
            for (int i = PER_SECOND * 2; i < world.sentAtMillis.size(); i++) {
                // A bucket lets its depth through at once, and what flows back in that second.
                assertThat(world.sentAtMillis.get(i) - world.sentAtMillis.get(i - PER_SECOND * 2))
                        .as("seed %d", seed)
                        .isGreaterThanOrEqualTo(999L);
            }
            assertThat(world.sentAtMillis).hasSizeGreaterThan(PER_SECOND * 2);
        }
    }
}
