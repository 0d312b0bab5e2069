package dev.penstock.jobs.batch;

import java.time.Duration;

/**
 * When to ask again how a batch is doing: after a share of the time since its status last changed, so that a quick
 * one is heard of soon and a slow one is asked about once a minute.
 *
 * @param least no pause is shorter
 * @param most no pause is longer
 */
public record PollPace(Duration least, Duration most) {
    public static final PollPace DEFAULT = new PollPace(Duration.ofSeconds(1), Duration.ofMinutes(1));

    private static final int SHARE = 10;

    public PollPace {
        if (!least.isPositive() || most.compareTo(least) < 0) {
            throw new IllegalArgumentException("polls are " + least + " to " + most
                    + " apart; the least must be above zero and not more than the most");
        }
    }

    /** @param sinceChangeNanos since the batch was created or last seen to change, 0 or more */
    long pauseNanos(long sinceChangeNanos) {
        return Math.clamp(sinceChangeNanos / SHARE, least.toNanos(), most.toNanos());
    }
}
