package dev.penstock.pacing;

import java.time.Duration;

/** What to do with a call after an attempt that was not answered. Consumers switch over it without a default. */
public sealed interface Next {
    /** One sentence for a person. Never holds a key, a header or a prompt. */
    String why();

    /** A quota had no room: wait for the next turn and send again. Costs no attempt. */
    record WaitForQuota(String why) implements Next {}

    /**
     * A fault: wait for the next turn, which comes not before this time, and send again.
     *
     * @param delay zero or more; the next turn waits for it, nobody else has to
     */
    record BackOff(Duration delay, String why) implements Next {}

    /** Repeating does not help, or not in time: hand the failure to the caller as it is. The call has ended. */
    record GiveUp(String why) implements Next {}
}
