package dev.penstock.cli;

import dev.penstock.jobs.RunProgress;

/** Where a run tells how it goes. Thread-safe. */
sealed interface Display extends AutoCloseable permits LiveDisplay, LineDisplay {
    /** Shows where the run stands. Called a few times a second. */
    void show(RunProgress progress);

    /** Says something that stays. */
    void say(String sentence);

    /** Removes what does not stay. */
    @Override
    void close();
}
