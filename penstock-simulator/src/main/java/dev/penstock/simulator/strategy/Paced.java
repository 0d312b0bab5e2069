package dev.penstock.simulator.strategy;

import dev.penstock.limit.Cost;
import dev.penstock.queue.Arrival;
import dev.penstock.queue.FairQueue;
import dev.penstock.queue.Priority;
import dev.penstock.queue.QueueBounds;
import dev.penstock.queue.Waiting;
import dev.penstock.quota.Admission;
import dev.penstock.quota.Quota;
import dev.penstock.quota.QuotaSettings;
import dev.penstock.quota.Reservation;
import dev.penstock.quota.Settlement;
import dev.penstock.retry.RetryBudget;
import dev.penstock.retry.RetryDecision;
import dev.penstock.retry.RetryPolicy;
import dev.penstock.simulator.Call;
import dev.penstock.simulator.Desk;
import dev.penstock.simulator.Refusal;
import dev.penstock.simulator.Scenario;
import dev.penstock.simulator.Simulation;
import dev.penstock.simulator.Strategy;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.TierRow;
import java.util.List;
import java.util.Optional;

/**
 * Penstock: requests wait in a fair queue until the quota has room for them in every limit. The quota finds out the limits
 * from headers and refusals, as it does for real; a limit on calls at a time, which no header tells, is given to it.
 */
final class Paced implements Strategy {
    private static final long NEVER_NANOS = 1L << 59;

    private final Quota quota;
    private final FairQueue<Call> queue =
            new FairQueue<>(new QueueBounds(2 * Simulation.MOST_PRESENT, 1), FairQueue.Settings.DEFAULTS);
    private final RetryPolicy retryPolicy = RetryPolicy.DEFAULT;
    private final RetryBudget retryBudget = new RetryBudget(RetryBudget.Settings.DEFAULT, 0);
    private final boolean several;

    /** Whether the head of the queue was denied, and until when nothing can change that but an answer or another head. */
    private boolean denied;

    private static final class Place {
        final Waiting<Call> waiting;
        Reservation reservation;

        Place(Waiting<Call> waiting, Reservation reservation) {
            this.waiting = waiting;
            this.reservation = reservation;
        }
    }

    Paced(Scenario scenario) {
        this.several = scenario.tenants().size() > 1;
        QuotaSettings settings = QuotaSettings.learnEverything()
                .withHidden(shown -> scenario.tiers()
                        .matching(scenario.model(), shown)
                        .map(TierRow::limits)
                        .orElse(List.of()));
        this.quota = new Quota(
                scenario.concurrency().isPresent()
                        ? settings.withMaxConcurrency(scenario.concurrency().getAsInt())
                        : settings);
    }

    @Override
    public boolean readsHeaders() {
        return true;
    }

    @Override
    public void arrived(Call call, Desk desk) {
        long now = desk.nowNanos();
        Cost cost = call.cost();
        Optional<Waiting<Call>> place = queue.add(new Arrival<>(
                call,
                call.tenant(),
                1,
                Priority.NORMAL,
                cost,
                several ? quota.dominantSeconds(cost) : 0,
                0,
                now,
                now + NEVER_NANOS));
        if (place.isEmpty()) {
            desk.giveUp(call);
            return;
        }
        // Behind others of the same tenant it cannot change what was said of the first.
        if (!denied || several) {
            sendAllowed(desk);
        }
    }

    @Override
    public void alarm(Desk desk) {
        sendAllowed(desk);
    }

    @Override
    public void answered(Call call, Desk desk) {
        if (call.note() instanceof Place place) {
            settle(place, new Settlement.Answered(call.shown()), desk.nowNanos());
        }
        sendAllowed(desk);
    }

    @Override
    public void refused(Call call, Refusal refusal, Desk desk) {
        long now = desk.nowNanos();
        if (!(call.note() instanceof Place place)) {
            throw new IllegalStateException("a call was refused that was not sent from the queue");
        }
        settle(place, new Settlement.Refused(refusal.exceeded(), List.of()), now);
        if (refusal.never()) {
            desk.giveUp(call);
            sendAllowed(desk);
            return;
        }
        Verdict verdict = new Verdict.Throttled(refusal.exceeded(), "429");
        RetryDecision decision =
                retryPolicy.decide(verdict, 1, now - call.arrivedNanos(), retryBudget, now, call.random());
        switch (decision) {
            case RetryDecision.GiveUp giveUp -> desk.giveUp(call);
            // The quota knows when.
            case RetryDecision.RetryAfter again -> comeBack(place);
            case RetryDecision.AskAgainAfter later -> comeBack(place);
        }
        sendAllowed(desk);
    }

    private void comeBack(Place place) {
        if (!queue.giveBack(place.waiting)) {
            throw new IllegalStateException("a call came back that was never charged");
        }
        queue.addFirst(place.waiting);
    }

    private void settle(Place place, Settlement settlement, long now) {
        if (!quota.settle(place.reservation, settlement, now)) {
            throw new IllegalStateException("a reservation was settled twice");
        }
    }

    private void sendAllowed(Desk desk) {
        long now = desk.nowNanos();
        denied = false;
        while (!queue.isEmpty()) {
            Waiting<Call> head = queue.head(tenant -> true).orElseThrow();
            switch (quota.reserve(head.cost(), now)) {
                case Admission.Granted granted -> {
                    queue.take(head);
                    Call call = head.item();
                    if (call.note() instanceof Place place) {
                        place.reservation = granted.reservation();
                    } else {
                        call.keep(new Place(head, granted.reservation()));
                    }
                    desk.send(call);
                }
                case Admission.Deferred deferred -> {
                    denied = true;
                    if (deferred.retryAtNanos().isPresent()) {
                        desk.alarmAt(Math.max(now + 1, deferred.retryAtNanos().getAsLong()));
                    }
                    return;
                }
                case Admission.Impossible impossible -> {
                    if (queue.remove(head)) {
                        desk.giveUp(head.item());
                    }
                }
            }
        }
    }
}
