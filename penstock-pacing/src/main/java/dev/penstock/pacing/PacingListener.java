package dev.penstock.pacing;

import dev.penstock.quota.Settlement;
import dev.penstock.verdict.Verdict;
import java.time.Duration;

/**
 * Hears what happens at a {@link Penstock}. Called on whatever thread it happens on, with no lock held, by several threads
 * at a time; should be quick. What it throws changes nothing and is logged once.
 */
public interface PacingListener {
    /**
     * A request was let through.
     *
     * @param waited since it asked, over all its attempts so far
     */
    default void granted(Ask ask, Duration waited) {}

    /**
     * What was let through has ended.
     *
     * @param ran since it was let through
     */
    default void settled(Ask ask, Settlement settlement, Duration ran) {}

    /** A request was not let through. */
    default void refused(Ask ask, RefusedException why) {}

    /** Nobody waits for a request any more: its thread was interrupted, or its future cancelled. */
    default void cancelled(Ask ask) {}

    /** A call is sent again. */
    default void repeated(Ask ask, Verdict because) {}

    /** A {@link Grant} was lost without being settled: its owner forgot to close it. */
    default void leaked(Ask ask) {}
}
