package dev.penstock.quota;

/**
 * How many units others have used in all since the first answer, as far as it is certain. One limit's answers tell it for
 * another limit on the same unit that is never shown: who sends requests uses up the minute's as well as the day's.
 *
 * <p>Confined to the lock of the quota that owns it.
 */
final class ForeignTotal {
    private boolean anchored;
    private long anchorAt;
    private double anchorRemaining;
    private long anchorOwn;
    private double certain;

    /**
     * Takes the state that the provider reported for a request.
     *
     * @param own units that we had reserved in all, that request included, without those that were refused
     * @param doubtful units of ours that may have been counted although they left after it
     * @return units that are certain now and were not before
     */
    double observe(long at, double remaining, long own, long doubtful, double refillPerNano) {
        if (!anchored) {
            anchored = true;
            anchorAt = at;
            anchorRemaining = remaining;
            anchorOwn = own;
            return 0;
        }
        double missing = anchorRemaining + refillPerNano * (at - anchorAt) - (own - anchorOwn) - remaining - doubtful;
        double news = Math.max(0, missing - certain);
        certain += news;
        return news;
    }

    void forget() {
        anchored = false;
        certain = 0;
    }
}
