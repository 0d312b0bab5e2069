package dev.penstock.simulator.strategy;

import dev.penstock.retry.Outcome;
import dev.penstock.retry.Retry;
import dev.penstock.retry.RetryMachine;
import dev.penstock.simulator.Call;
import dev.penstock.simulator.Desk;
import dev.penstock.simulator.Refusal;
import java.util.function.Consumer;

/** Drives the library's retries for the calls of one client. */
final class Retries {
    private final Retry policy;
    private final boolean gated;

    /**
     * @param gated whether the policy takes refusals for throttles, which close its gate for all calls. Otherwise a call
     *     needs no machine until it is refused
     */
    Retries(Retry policy, boolean gated) {
        this.policy = policy;
        this.gated = gated;
    }

    /** @param send takes a call that is to be sent now */
    void arrived(Call call, Desk desk, Consumer<Call> send) {
        if (gated) {
            RetryMachine machine = policy.machine();
            call.keep(machine);
            follow(machine.start(desk.nowNanos()), call, desk, send);
        } else {
            send.accept(call);
        }
    }

    /** @param send takes a call that is to be sent now */
    void refused(Call call, Refusal refusal, Desk desk, Consumer<Call> send) {
        follow(
                machine(call).settled(new Outcome.Returned<>(refusal), desk.nowNanos(), call.random()),
                call,
                desk,
                send);
    }

    /** @param send takes a call that is to be sent now */
    void woken(Call call, Desk desk, Consumer<Call> send) {
        follow(machine(call).resumed(desk.nowNanos(), call.random()), call, desk, send);
    }

    private RetryMachine machine(Call call) {
        if (call.note() instanceof RetryMachine known) {
            return known;
        }
        RetryMachine machine = policy.machine();
        call.keep(machine);
        if (!(machine.start(call.arrivedNanos()) instanceof RetryMachine.Step.Try)) {
            throw new IllegalStateException("a policy without a gate tries at once");
        }
        return machine;
    }

    private static void follow(RetryMachine.Step step, Call call, Desk desk, Consumer<Call> send) {
        switch (step) {
            case RetryMachine.Step.Try next -> send.accept(call);
            case RetryMachine.Step.Pause pause ->
                desk.later(call, desk.nowNanos() + pause.time().toNanos());
            case RetryMachine.Step.Done done -> desk.giveUp(call);
        }
    }
}
