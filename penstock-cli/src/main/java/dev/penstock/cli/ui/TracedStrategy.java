package dev.penstock.cli.ui;

import dev.penstock.simulator.Call;
import dev.penstock.simulator.Desk;
import dev.penstock.simulator.Refusal;
import dev.penstock.simulator.Strategy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lets a strategy do what it does and notes what the results do not tell: when requests were given up, and each try of the
 * first few requests that were refused. For one simulation.
 */
final class TracedStrategy implements Strategy {
    private static final int MOST_REQUESTS = 6;
    private static final int MOST_TRIES = 40;
    private static final double NANOS = 1e9;

    private final Strategy strategy;
    /** Calls that were sent and not answered at once; no more are taken in when enough were refused. */
    private final Map<Long, List<Try>> tries = new HashMap<>();

    private final Set<Long> refused = new LinkedHashSet<>();
    private long[] givenUp = new long[64];

    /** @param afterSeconds since the request came */
    record Try(double afterSeconds, boolean accepted) {}

    private final class TracedDesk implements Desk {
        private final Desk desk;

        TracedDesk(Desk desk) {
            this.desk = desk;
        }

        @Override
        public long nowNanos() {
            return desk.nowNanos();
        }

        @Override
        public void send(Call call) {
            if (refused.size() < MOST_REQUESTS || refused.contains(call.number())) {
                List<Try> known = tries.computeIfAbsent(call.number(), number -> new ArrayList<>());
                if (known.size() < MOST_TRIES) {
                    known.add(new Try((desk.nowNanos() - call.arrivedNanos()) / NANOS, false));
                }
            }
            desk.send(call);
        }

        @Override
        public void later(Call call, long atNanos) {
            desk.later(call, atNanos);
        }

        @Override
        public void giveUp(Call call) {
            gaveUp(desk.nowNanos());
            desk.giveUp(call);
        }

        @Override
        public void alarmAt(long atNanos) {
            desk.alarmAt(atNanos);
        }

        @Override
        public int inFlight() {
            return desk.inFlight();
        }

        @Override
        public boolean enqueue(List<Call> calls) {
            return desk.enqueue(calls);
        }
    }

    /** A simulation has one desk. */
    private @Nullable TracedDesk traced;

    TracedStrategy(Strategy strategy) {
        this.strategy = strategy;
    }

    private Desk traced(Desk desk) {
        TracedDesk known = traced;
        if (known == null) {
            known = new TracedDesk(desk);
            traced = known;
        }
        return known;
    }

    private void gaveUp(long nowNanos) {
        int second = (int) Math.min(Integer.MAX_VALUE - 8, nowNanos / 1_000_000_000L);
        if (second >= givenUp.length) {
            givenUp = Arrays.copyOf(givenUp, Math.max(second + 1, givenUp.length * 2));
        }
        givenUp[second]++;
    }

    /** Requests that were given up in each second. */
    long[] givenUpBySecond() {
        return givenUp;
    }

    /** The tries of some requests that were refused at first. */
    List<List<Try>> tries() {
        return refused.stream()
                .map(number -> List.copyOf(tries.getOrDefault(number, List.of())))
                .toList();
    }

    @Override
    public void arrived(Call call, Desk desk) {
        strategy.arrived(call, traced(desk));
    }

    @Override
    public void refused(Call call, Refusal refusal, Desk desk) {
        if (refused.size() < MOST_REQUESTS && tries.containsKey(call.number())) {
            refused.add(call.number());
        }
        strategy.refused(call, refusal, traced(desk));
    }

    @Override
    public void answered(Call call, Desk desk) {
        if (refused.contains(call.number())) {
            List<Try> known = tries.getOrDefault(call.number(), new ArrayList<>());
            known.set(known.size() - 1, new Try(known.getLast().afterSeconds(), true));
        } else {
            tries.remove(call.number());
        }
        strategy.answered(call, traced(desk));
    }

    @Override
    public void woken(Call call, Desk desk) {
        strategy.woken(call, traced(desk));
    }

    @Override
    public void alarm(Desk desk) {
        strategy.alarm(traced(desk));
    }

    @Override
    public void batchDone(Desk desk) {
        strategy.batchDone(traced(desk));
    }

    @Override
    public boolean readsHeaders() {
        return strategy.readsHeaders();
    }
}
