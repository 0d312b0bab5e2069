package dev.penstock.jobs;

import dev.penstock.jobs.batch.BatchGoal;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How a job goes through the Batch API.
 *
 * @param goal how far this run goes
 * @param keepRemote whether the files that it uploads stay at the provider
 * @param forgetMissing whether batches that the provider does not know any more are given up, and their rows sent again
 * @param queueTokens input tokens that a model family may have enqueued; empty for what the tier grants
 * @param tier of the account; empty where it is not known, and so is the limit until a batch is refused
 * @param deadline in which all rows must be answered, so that those go live that batches will not answer in time; empty for
 *     batches alone
 */
public record BatchOptions(
        BatchGoal goal,
        boolean keepRemote,
        boolean forgetMissing,
        OptionalLong queueTokens,
        Optional<String> tier,
        Optional<Duration> deadline) {
    /** Everything, and with nothing known of the account. */
    public static final BatchOptions DEFAULT = new BatchOptions(
            BatchGoal.COMPLETE, false, false, OptionalLong.empty(), Optional.empty(), Optional.empty());

    public BatchOptions {
        if (deadline.isPresent() && !deadline.get().isPositive()) {
            throw new IllegalArgumentException("--deadline is " + deadline.get() + "; it must be more than zero");
        }
        if (queueTokens.isPresent() && queueTokens.getAsLong() < 1) {
            throw new IllegalArgumentException(
                    "--queue-limit is " + queueTokens.getAsLong() + "; it must be 1 token or more");
        }
    }

    public BatchOptions withGoal(BatchGoal newGoal) {
        return new BatchOptions(newGoal, keepRemote, forgetMissing, queueTokens, tier, deadline);
    }

    public BatchOptions withDeadline(Duration time) {
        return new BatchOptions(goal, keepRemote, forgetMissing, queueTokens, tier, Optional.of(time));
    }

    public BatchOptions withQueueTokens(long tokens) {
        return new BatchOptions(goal, keepRemote, forgetMissing, OptionalLong.of(tokens), tier, deadline);
    }
}
