package dev.penstock.cli.ui;

import dev.penstock.wire.TierTable;
import java.util.List;

/** What the pages ask. Called from several threads at once. */
public interface Pages {
    /** The limits of tiers that are shown, and chosen from. */
    TierTable tiers();

    /**
     * Simulates.
     *
     * @param arguments those of {@code penstock simulate}
     * @return what the page draws, as JSON
     * @throws IllegalArgumentException when the arguments are wrong, with a sentence for the user
     */
    String simulate(List<String> arguments);
}
