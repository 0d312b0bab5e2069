package dev.penstock.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.gateway.config.Tenant;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.limit.Cost;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitExceeded;
import dev.penstock.limit.LimitState;
import dev.penstock.queue.Priority;
import dev.penstock.queue.QueueBounds;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.TierTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.random.RandomGeneratorFactory;

/** A dispatcher on a timeline: requests have names, and what is done with them is noted in words. */
final class Desk {
    static final long SECOND = 1_000_000_000;

    final QueueBounds bounds;
    final RequestDispatcher<String> dispatcher;
    final Map<String, Flight<String>> flights = new HashMap<>();
    final Map<String, Refusal> refusals = new HashMap<>();
    /** In order, for example {@code "send a to one"}. */
    final List<String> done = new ArrayList<>();

    OptionalLong wake = OptionalLong.empty();
    long now = -3 * SECOND;

    Desk(Upstream... upstreams) {
        this(new QueueBounds(1_000, 1 << 20), upstreams);
    }

    Desk(QueueBounds bounds, Upstream... upstreams) {
        this.bounds = bounds;
        this.dispatcher = new RequestDispatcher<>(
                List.of(upstreams),
                bounds,
                TierTable.builtIn(),
                RandomGeneratorFactory.of("L64X128MixRandom").create(7),
                now);
    }

    /** A desk whose upstreams have all answered once, so that nothing is held back because it is not known. */
    static Desk known(Upstream... upstreams) {
        Desk desk = new Desk(upstreams);
        for (int i = 0; i < upstreams.length; i++) {
            desk.ask("first " + i).pump();
            desk.wait(Duration.ofMillis(100));
        }
        for (int i = 0; i < upstreams.length; i++) {
            Limit more = new Limit(Dimension.REQUESTS_PER_MINUTE, 1_000_000);
            desk.answer("first " + i, List.of(new LimitState(more, 999_999)));
        }
        desk.done.clear();
        return desk;
    }

    /** What a request asks, with everything usual. */
    static final class Request {
        private Tenant tenant = Tenant.unknown("t");
        private Priority priority = Priority.NORMAL;
        private Cost cost = Cost.ofTokens(100);
        private long bytes = 1_000;
        private Duration patience = Duration.ofMinutes(10);
        private int maxAttempts = 3;
        private boolean repeatable = true;
        private String family = "gpt-4o-mini";

        Request of(Tenant other) {
            tenant = other;
            return this;
        }

        Request of(String other) {
            return of(Tenant.unknown(other));
        }

        Request priority(Priority other) {
            priority = other;
            return this;
        }

        Request tokens(long tokens) {
            cost = Cost.ofTokens(tokens);
            return this;
        }

        Request bytes(long other) {
            bytes = other;
            return this;
        }

        Request within(Duration other) {
            patience = other;
            return this;
        }

        Request attempts(int most) {
            maxAttempts = most;
            return this;
        }

        Request unrepeatable() {
            repeatable = false;
            return this;
        }

        Request family(String other) {
            family = other;
            return this;
        }
    }

    Desk ask(String name) {
        return ask(name, new Request());
    }

    Desk ask(String name, Request request) {
        Ask ask = new Ask(
                request.tenant,
                request.priority,
                new LaneKey("", request.family),
                request.cost,
                request.bytes,
                now,
                now + request.patience.toNanos(),
                request.maxAttempts,
                request.repeatable,
                true);
        switch (dispatcher.arrive(name, ask, now)) {
            case RequestDispatcher.Arrived.Queued<String> queued -> flights.put(name, queued.flight());
            case RequestDispatcher.Arrived.Refused<String> refused -> {
                refusals.put(name, refused.refusal());
                done.add("refuse " + name);
            }
        }
        return this;
    }

    /** Does all that is to be done now. */
    Desk pump() {
        for (int steps = 0; steps < 50_000; steps++) {
            switch (dispatcher.next(now)) {
                case Step.Send<String> send ->
                    done.add("send " + send.flight().item() + " to "
                            + Objects.requireNonNull(send.flight().slot)
                                    .upstream()
                                    .upstream()
                                    .name());
                case Step.Refuse<String> refuse -> {
                    refusals.put(refuse.flight().item(), refuse.refusal());
                    done.add("refuse " + refuse.flight().item());
                }
                case Step.GiveUp<String> giveUp ->
                    done.add("give up " + giveUp.flight().item());
                case Step.Wait<String> wait -> {
                    wake = wait.untilNanos();
                    assertThat(wake.isPresent() && wake.getAsLong() - now <= 0)
                            .as("told to wait until a time that has come")
                            .isFalse();
                    return this;
                }
            }
        }
        throw new AssertionError("50,000 steps and no end");
    }

    /** Lets time pass, waking exactly when the dispatcher asked for it. */
    Desk wait(Duration time) {
        long until = now + time.toNanos();
        for (int times = 0; wake.isPresent() && wake.getAsLong() - until <= 0; times++) {
            assertThat(times).as("times that it woke").isLessThan(100_000);
            now = wake.getAsLong();
            pump();
        }
        now = until;
        return this;
    }

    Desk answer(String name) {
        return answer(name, List.of());
    }

    Desk answer(String name, List<LimitState> states) {
        dispatcher.answered(flight(name), states, now);
        return pump();
    }

    /** Ends an attempt; tells the decision in one word. */
    String settle(String name, Verdict verdict) {
        return settle(name, verdict, false);
    }

    String settle(String name, Verdict verdict, boolean headSent) {
        String decision = switch (dispatcher.settled(flight(name), verdict, List.of(), headSent, now)) {
            case Decision.Again again -> "again";
            case Decision.PassOn passOn -> "pass on";
            case Decision.Refuse refuse -> {
                refusals.put(name, refuse.refusal());
                yield "refuse";
            }
        };
        pump();
        return decision;
    }

    Desk leave(String name) {
        dispatcher.gone(flight(name), now);
        return pump();
    }

    Flight<String> flight(String name) {
        return Objects.requireNonNull(flights.get(name), name);
    }

    Refusal refusal(String name) {
        return Objects.requireNonNull(refusals.get(name), name);
    }

    /** What was done since the last time this was asked. */
    List<String> done() {
        List<String> copy = List.copyOf(done);
        done.clear();
        return copy;
    }

    static Verdict fault(Verdict.Fault fault) {
        return new Verdict.Transient(fault, Optional.empty(), "It broke.");
    }

    static Verdict throttled(Duration tryAgainIn) {
        return new Verdict.Throttled(LimitExceeded.unexplained(Optional.of(tryAgainIn)), "A quota was used up.");
    }

    static Verdict stopped() {
        return new Verdict.AccountStopped(Verdict.StoppedBecause.NO_CREDIT, "The account has no credit.");
    }

    Desk assertNothingLeft() {
        assertThat(bounds.count()).isZero();
        assertThat(bounds.bytes()).isZero();
        assertThat(dispatcher.running()).isZero();
        assertThat(dispatcher.lanes()).allMatch(Lane::idle);
        dispatcher
                .lanes()
                .forEach(lane -> lane.slots.forEach(slot -> {
                    assertThat(slot.quota().snapshot(now).inFlight()).isZero();
                    assertThat(slot.quota().snapshot(now).settledTwice()).isZero();
                }));
        assertThat(dispatcher.tenants()).allMatch(tenant -> tenant.waiting == 0 && tenant.running == 0);
        return this;
    }

    static List<String> sent(String... names) {
        return Arrays.stream(names).map(name -> "send " + name + " to one").toList();
    }
}
