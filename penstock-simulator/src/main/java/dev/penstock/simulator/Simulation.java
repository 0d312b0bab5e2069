package dev.penstock.simulator;

import dev.penstock.wire.Price;
import dev.penstock.wire.Pricing;
import dev.penstock.wire.Usage;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Plays a strategy against the limits of a scenario, event by event in virtual time. The same scenario, strategy and seed
 * give the same result on every machine and JDK. Memory grows with the requests that wait or run at the same time, of which
 * there are {@value #MOST_PRESENT} at most, not with those that come.
 *
 * <p>A simulation ends when every request has ended, and 30 days after the last arrival at the latest. A strategy that calls
 * more often than 4,000,000 times and twenty times for each request is cut short as well, and so is one that does nothing any
 * more and still wants to be woken.
 */
public final class Simulation {
    /** Requests that come while so many wait or run are given up at once: no client keeps more. */
    public static final int MOST_PRESENT = 1_000_000;

    private static final long PATIENCE_NANOS = Duration.ofDays(30).toNanos();
    private static final long CALLS_IN_ANY_CASE = 4_000_000;
    private static final long CALLS_PER_REQUEST = 20;
    private static final long MOST_BATCH_NANOS = Duration.ofHours(24).toNanos();
    /** Alarms and wakings after which nothing was sent, one after another. */
    private static final long MOST_IDLE_STEPS = 10_000_000;

    private static final long NEVER = Long.MAX_VALUE;

    private Simulation() {}

    /**
     * Plays a strategy.
     *
     * @param name of the strategy, for the result
     * @param strategy a new one, which has not played yet
     */
    public static Result run(Scenario scenario, String name, Strategy strategy) {
        return new Run(scenario, strategy, new LimitedProvider(scenario)).play(name);
    }

    /** The same against another provider. */
    static Result run(Scenario scenario, String name, Strategy strategy, Provider provider) {
        return new Run(scenario, strategy, provider).play(name);
    }

    /** Calls that go together. */
    private record Batch(List<Call> calls, long inputTokens, long sentNanos, long takesNanos) {}

    private static final class Run implements Desk {
        private final Scenario scenario;
        private final Strategy strategy;
        private final Provider provider;
        private final boolean readsHeaders;
        private final long roundTripNanos;
        private final Workload workload;
        private final EventHeap events = new EventHeap();
        private final Series series;
        private final LeastTime leastTime;
        private final WaitTimes waits = new WaitTimes();
        private final Chance batchTimes;
        private final long[] accepted;
        private final long[] givenUp;
        private final long[] present;
        private final WaitTimes[] tenantWaits;

        private long now;
        private long alarm = NEVER;
        private long arrivals;
        private long firstArrival = NEVER;
        private long lastArrival;
        private long lastEnd;
        private long firstAdmission = NEVER;
        private long lastAdmission;
        private long calls;
        private long rejected;
        private int inFlight;
        private int ours;
        private long mostInFlight;
        private long mostWaiting;
        private long batchTokensEnqueued;
        private long liveInput;
        private long liveOutput;
        private long batchInput;
        private long batchOutput;
        private boolean over;

        Run(Scenario scenario, Strategy strategy, Provider provider) {
            this.scenario = scenario;
            this.strategy = strategy;
            this.provider = provider;
            this.readsHeaders = strategy.readsHeaders();
            this.roundTripNanos = scenario.roundTrip().toNanos();
            this.workload = new Workload(scenario);
            this.series = new Series(scenario.limits());
            this.leastTime = new LeastTime(scenario);
            this.batchTimes = new Chance(scenario.seed(), -5);
            int tenants = scenario.tenants().size();
            this.accepted = new long[tenants];
            this.givenUp = new long[tenants];
            this.present = new long[tenants];
            this.tenantWaits = new WaitTimes[tenants];
            for (int i = 0; i < tenants; i++) {
                tenantWaits[i] = tenants == 1 ? waits : new WaitTimes();
            }
        }

        Result play(String name) {
            Call next = workload.next();
            boolean cutShort = false;
            long done = 0;
            long idleSteps = 0;
            while (true) {
                long arrival = next == null ? NEVER : next.arrivedNanos();
                long event = events.firstNanos();
                long soonest = Math.min(Math.min(event, alarm), arrival);
                if (soonest == NEVER) {
                    break;
                }
                idleSteps = calls + arrivals == done ? idleSteps + 1 : 0;
                done = calls + arrivals;
                if (next == null && soonest - lastArrival > PATIENCE_NANOS
                        || idleSteps > MOST_IDLE_STEPS
                        || calls > CALLS_IN_ANY_CASE + CALLS_PER_REQUEST * arrivals) {
                    cutShort = true;
                    break;
                }
                if (event == soonest) {
                    advance(event);
                    happen(events.poll());
                } else if (alarm == soonest) {
                    advance(Math.max(now, alarm));
                    alarm = NEVER;
                    strategy.alarm(this);
                } else if (next != null) {
                    advance(arrival);
                    arrive(next);
                    next = workload.next();
                }
            }
            over = true;
            long stayed = 0;
            for (long count : present) {
                stayed += count;
            }
            while (!events.isEmpty()) {
                if (events.poll() instanceof Call call && call.phase == Call.Phase.IN_FLIGHT && call.refusal == null) {
                    end(call, call.endsNanos, true);
                    stayed--;
                }
            }
            for (int tenant = 0; tenant < present.length; tenant++) {
                givenUp[tenant] += present[tenant];
                present[tenant] = 0;
            }
            if (stayed > 0) {
                lastEnd = Math.max(lastEnd, now);
            }
            // What was cut off while it was still to come.
            while (next != null) {
                arrivals++;
                givenUp[next.tenant]++;
                next = workload.next();
            }
            series.end(provider, Capacity.of(scenario, arrivals).perSecond());
            return result(name, cutShort);
        }

        private void advance(long to) {
            now = to;
            long waiting = waiting();
            series.advance(to, inFlight, waiting, provider);
            mostInFlight = Math.max(mostInFlight, inFlight);
            mostWaiting = Math.max(mostWaiting, waiting);
        }

        /** Those who are here, and neither under way nor in a batch. */
        private long waiting() {
            return ours;
        }

        private void arrive(Call call) {
            arrivals++;
            firstArrival = Math.min(firstArrival, call.arrivedNanos());
            lastArrival = call.arrivedNanos();
            series.offer();
            ours++;
            present[call.tenant]++;
            if (ours + inFlight > MOST_PRESENT) {
                end(call, now, false);
                ours--;
                return;
            }
            strategy.arrived(call, this);
        }

        private void happen(Object event) {
            if (event instanceof Batch batch) {
                done(batch);
                return;
            }
            Call call = (Call) event;
            if (call.phase == Call.Phase.ASLEEP) {
                call.phase = Call.Phase.WITH_STRATEGY;
                strategy.woken(call, this);
                return;
            }
            inFlight--;
            Refusal refusal = call.refusal;
            if (refusal == null) {
                refusal = provider.finish(call, now);
                if (refusal == null) {
                    end(call, now, true);
                    strategy.answered(call, this);
                    return;
                }
                rejected++;
                series.reject();
            }
            call.refusal = null;
            call.phase = Call.Phase.WITH_STRATEGY;
            ours++;
            strategy.refused(call, refusal, this);
        }

        private void end(Call call, long atNanos, boolean answered) {
            call.phase = Call.Phase.ENDED;
            present[call.tenant]--;
            lastEnd = Math.max(lastEnd, atNanos);
            if (!answered) {
                givenUp[call.tenant]++;
                return;
            }
            accepted[call.tenant]++;
            long waited = call.admittedNanos - call.arrivedNanos();
            waits.add(waited);
            if (tenantWaits.length > 1) {
                tenantWaits[call.tenant].add(waited);
            }
            leastTime.add(call);
            liveInput += call.tokens() - call.outputTokens();
            liveOutput += call.outputTokens();
        }

        private void done(Batch batch) {
            batchTokensEnqueued -= batch.inputTokens;
            for (Call call : batch.calls) {
                call.phase = Call.Phase.ENDED;
                present[call.tenant]--;
                accepted[call.tenant]++;
                long waited = batch.sentNanos - call.arrivedNanos();
                waits.add(waited);
                if (tenantWaits.length > 1) {
                    tenantWaits[call.tenant].add(waited);
                }
                leastTime.addAlone(call.arrivedNanos() + batch.takesNanos);
                batchInput += call.tokens() - call.outputTokens();
                batchOutput += call.outputTokens();
                strategy.answered(call, this);
            }
            lastEnd = Math.max(lastEnd, now);
            strategy.batchDone(this);
        }

        @Override
        public long nowNanos() {
            return now;
        }

        @Override
        public int inFlight() {
            return inFlight;
        }

        @Override
        public void send(Call call) {
            take(call, "sent");
            call.phase = Call.Phase.IN_FLIGHT;
            ours--;
            inFlight++;
            calls++;
            Refusal refusal = provider.arrive(call, now);
            if (refusal != null) {
                call.refusal = refusal;
                rejected++;
                series.reject();
                events.add(now + roundTripNanos, call);
                return;
            }
            call.admittedNanos = now;
            firstAdmission = Math.min(firstAdmission, now);
            lastAdmission = now;
            series.accept();
            if (readsHeaders) {
                call.shown = provider.shown(now);
            }
            call.endsNanos = now + provider.serviceNanos(call);
            events.add(call.endsNanos, call);
        }

        @Override
        public void later(Call call, long atNanos) {
            take(call, "put off");
            call.phase = Call.Phase.ASLEEP;
            events.add(Math.max(now, atNanos), call);
        }

        @Override
        public void giveUp(Call call) {
            take(call, "given up");
            ours--;
            end(call, now, false);
        }

        @Override
        public void alarmAt(long atNanos) {
            alarm = atNanos;
        }

        @Override
        public boolean enqueue(List<Call> sent) {
            long input = 0;
            for (Call call : sent) {
                input += call.tokens() - call.outputTokens();
            }
            if (scenario.batchQueueTokens().isPresent()
                    && batchTokensEnqueued + input > scenario.batchQueueTokens().getAsLong()) {
                return false;
            }
            for (Call call : sent) {
                take(call, "enqueued");
                call.phase = Call.Phase.IN_BATCH;
                ours--;
            }
            batchTokensEnqueued += input;
            long takes = Math.min(MOST_BATCH_NANOS, ServiceTime.nanos(scenario.batchTime(), 0, batchTimes));
            events.add(now + takes, new Batch(List.copyOf(sent), input, now, takes));
            return true;
        }

        private void take(Call call, String what) {
            if (over || call.phase != Call.Phase.WITH_STRATEGY) {
                throw new IllegalStateException("request " + call.number() + " is to be " + what + " while it is "
                        + call.phase + "; a strategy does one thing with each request that it was given");
            }
        }

        private Result result(String name, boolean cutShort) {
            long sumAccepted = 0;
            long sumGivenUp = 0;
            List<TenantResult> tenants = new ArrayList<>();
            for (int i = 0; i < accepted.length; i++) {
                sumAccepted += accepted[i];
                sumGivenUp += givenUp[i];
                tenants.add(
                        new TenantResult(scenario.tenants().get(i).name(), accepted[i], givenUp[i], tenantWaits[i]));
            }
            long origin = firstArrival == NEVER ? 0 : firstArrival;
            boolean admitted = firstAdmission != NEVER;
            return new Result(
                    name,
                    arrivals,
                    sumAccepted,
                    rejected,
                    sumGivenUp,
                    calls,
                    Math.max(0, lastArrival - origin) / 1e9,
                    Math.max(0, lastEnd - origin) / 1e9,
                    Math.max(0, leastTime.nanos() - origin) / 1e9,
                    admitted ? leastTime.quotaUsed(firstAdmission, lastAdmission) : 0,
                    leastTime.quotaUsedByLimit(admitted ? firstAdmission : 0, lastAdmission),
                    waits,
                    cost(),
                    mostInFlight,
                    mostWaiting,
                    cutShort,
                    tenants,
                    series);
        }

        private Optional<BigDecimal> cost() {
            Optional<Price> price = scenario.prices().find(scenario.model());
            return price.map(each -> each.costOf(new Usage(liveInput, 0, liveOutput))
                    .add(each.costOf(new Usage(batchInput, 0, batchOutput)).multiply(Pricing.BATCH_SHARE)));
        }
    }
}
