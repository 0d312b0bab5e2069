package dev.penstock.simulator.strategy;

import dev.penstock.simulator.Call;
import dev.penstock.simulator.Desk;
import dev.penstock.simulator.Refusal;
import dev.penstock.simulator.Strategy;

/** Sends each request when it comes, and again as a policy says. */
final class Retrying implements Strategy {
    private final Retries retries;

    Retrying(Retries retries) {
        this.retries = retries;
    }

    @Override
    public void arrived(Call call, Desk desk) {
        retries.arrived(call, desk, desk::send);
    }

    @Override
    public void refused(Call call, Refusal refusal, Desk desk) {
        retries.refused(call, refusal, desk, desk::send);
    }

    @Override
    public void woken(Call call, Desk desk) {
        retries.woken(call, desk, desk::send);
    }
}
