package dev.penstock.jobs;

import dev.penstock.limit.Limit;
import java.time.Duration;

/**
 * The least time in which a quota lets a run's work through: (work − burst) ÷ rate of the limit that takes longest, and
 * the last call's own time.
 *
 * @param family the model family of that limit
 * @param limit the limit
 * @param work units of the limit that the run took
 * @param burst units that were there at once
 * @param duration the least time, the last call's included
 * @param closeness the run's time ÷ this; 1 is perfect
 */
public record LeastTime(String family, Limit limit, double work, double burst, Duration duration, double closeness) {}
