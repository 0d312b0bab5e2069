package dev.penstock.jobs.doctor;

import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitState;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.TierRow;
import java.util.List;
import java.util.Optional;

/**
 * What was found out about a model.
 *
 * @param verdict what its answer means
 * @param told whether an answer came at all
 * @param shown limits that the answer's headers tell
 * @param tier the row of the table that has exactly these limits
 * @param hidden limits of that row that headers do not show
 * @param burst what can be said of how much is let through at once
 */
public record ModelFinding(
        String model,
        Verdict verdict,
        boolean told,
        List<LimitState> shown,
        Optional<TierRow> tier,
        List<Limit> hidden,
        Burst burst) {
    public ModelFinding {
        shown = List.copyOf(shown);
        hidden = List.copyOf(hidden);
    }

    /** How much is let through at once, as far as a few calls can tell. */
    public enum Burst {
        /** The times that are told are those of a bucket that refills all the time and holds a whole window. */
        WHOLE_WINDOW_LIKELY,
        /** The times that are told do not fit such a bucket: the provider may count in fixed windows. */
        OTHER_WINDOWS,
        /** Nothing was told. */
        UNKNOWN
    }
}
