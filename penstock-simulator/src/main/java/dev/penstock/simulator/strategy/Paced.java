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
import org.jspecify.annotations.Nullable;

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

    /** Whether the head of the queue was denied: an alarm is set, or an answer has to come first. */
    private boolean denied;

    /** Where a call that was sent has been, and the room that it has. */
    private static final class Place {
        @Nullable
        Waiting<Call> waiting;

        Reservation reservation;

        Place(@Nullable Waiting<Call> waiting, Reservation reservation) {
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
        // Where nobody waits there is no order, and one tenant owes nobody anything: the queue would change nothing.
        if (!several
                && queue.isEmpty()
                && quota.reserve(call.cost(), desk.nowNanos()) instanceof Admission.Granted(Reservation room)) {
            call.keep(new Place(null, room));
            desk.send(call);
            return;
        }
        if (enter(call).isEmpty()) {
            desk.giveUp(call);
            return;
        }
        // Behind others of the same tenant it cannot change what was said of the first.
        if (!denied || several || queue.size() == 1) {
            sendAllowed(desk);
        }
    }

    private Optional<Waiting<Call>> enter(Call call) {
        Cost cost = call.cost();
        return queue.add(new Arrival<>(
                call,
                call.tenant(),
                1,
                Priority.NORMAL,
                cost,
                several ? quota.dominantSeconds(cost) : 0,
                0,
                call.arrivedNanos(),
                // Equal waits for all, so that those who came first go first.
                call.arrivedNanos() + NEVER_NANOS));
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
            case RetryDecision.RetryAfter again -> comeBack(call, place, desk);
            case RetryDecision.AskAgainAfter later -> comeBack(call, place, desk);
        }
        sendAllowed(desk);
    }

    private void comeBack(Call call, Place place, Desk desk) {
        Waiting<Call> waiting = place.waiting;
        if (waiting == null) {
            Optional<Waiting<Call>> entered = enter(call);
            place.waiting = entered.orElse(null);
            if (entered.isEmpty()) {
                desk.giveUp(call);
            }
            return;
        }
        if (!queue.giveBack(waiting)) {
            throw new IllegalStateException("a call came back that was never charged");
        }
        queue.addFirst(waiting);
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
