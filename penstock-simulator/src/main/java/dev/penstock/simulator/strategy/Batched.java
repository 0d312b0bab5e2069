package dev.penstock.simulator.strategy;

import dev.penstock.simulator.Call;
import dev.penstock.simulator.Desk;
import dev.penstock.simulator.Refusal;
import dev.penstock.simulator.Strategy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The Batch API: what comes within a minute goes together, as far as the queue of batches has room. It counts input tokens
 * until a batch is done, and takes half the price.
 */
final class Batched implements Strategy {
    private static final int MOST_IN_BATCH = 50_000;
    private static final long COLLECT_NANOS = Duration.ofMinutes(1).toNanos();

    private final List<Call> collected = new ArrayList<>();
    /** Where the next batch begins: what is before it has been sent. */
    private int sent;

    private boolean alarmSet;

    @Override
    public void arrived(Call call, Desk desk) {
        collected.add(call);
        if (!alarmSet) {
            alarmSet = true;
            desk.alarmAt(desk.nowNanos() + COLLECT_NANOS);
        }
    }

    @Override
    public void alarm(Desk desk) {
        alarmSet = false;
        send(desk);
    }

    @Override
    public void batchDone(Desk desk) {
        if (!alarmSet) {
            send(desk);
        }
    }

    @Override
    public void refused(Call call, Refusal refusal, Desk desk) {
        desk.giveUp(call);
    }

    private void send(Desk desk) {
        int size = Math.min(MOST_IN_BATCH, collected.size() - sent);
        while (size > 0) {
            List<Call> batch = collected.subList(sent, sent + size);
            if (desk.enqueue(batch)) {
                sent += size;
                size = Math.min(MOST_IN_BATCH, collected.size() - sent);
            } else {
                // A smaller one may fit.
                size /= 2;
            }
        }
        if (sent == collected.size() || sent > MOST_IN_BATCH) {
            collected.subList(0, sent).clear();
            sent = 0;
        }
    }
}
