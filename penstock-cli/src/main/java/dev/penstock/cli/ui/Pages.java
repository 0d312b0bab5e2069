package dev.penstock.cli.ui;

import java.util.List;

/** What the pages ask. Called from several threads at once. */
public interface Pages {
    /** The strategies and tiers that there are, as JSON. */
    String known();

    /**
     * Simulates.
     *
     * @param arguments those of {@code penstock simulate}
     * @return what the page draws, as JSON
     * @throws IllegalArgumentException when the arguments are wrong, with a sentence for the user
     */
    String simulate(List<String> arguments);
}
