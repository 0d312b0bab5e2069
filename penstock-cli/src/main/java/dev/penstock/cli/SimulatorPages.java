package dev.penstock.cli;

import dev.penstock.cli.ui.Pages;
import dev.penstock.wire.TierTable;
import java.util.List;

/** What the pages show, computed as the commands compute it. */
final class SimulatorPages implements Pages {
    @Override
    public TierTable tiers() {
        return TierTable.builtIn();
    }

    @Override
    public String simulate(List<String> arguments) {
        throw new IllegalArgumentException("not yet");
    }
}
