package dev.penstock.simulator.strategy;

import dev.penstock.simulator.Call;
import dev.penstock.simulator.Desk;
import dev.penstock.simulator.Refusal;
import dev.penstock.simulator.Strategy;

/** Sends each request once, when it comes. */
final class Once implements Strategy {
    @Override
    public void arrived(Call call, Desk desk) {
        desk.send(call);
    }

    @Override
    public void refused(Call call, Refusal refusal, Desk desk) {
        desk.giveUp(call);
    }
}
