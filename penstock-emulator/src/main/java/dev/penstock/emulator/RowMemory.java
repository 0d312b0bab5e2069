package dev.penstock.emulator;

/** Which rows ran and were answered before, in batches and live. Bounded as {@link SeenRequests} is. One owner. */
final class RowMemory {
    private final SeenRequests live;
    private final SeenRequests rows;
    private final SeenRequests bodies;
    private final BatchTally tally;

    /** @param live what the live endpoints saw, by the hash of the body */
    RowMemory(SeenRequests live, int most, BatchTally tally) {
        this.live = live;
        this.rows = new SeenRequests(most);
        this.bodies = new SeenRequests(most);
        this.tally = tally;
    }

    /** A row runs; tells how often it has run before. */
    int ran(long rowHash) {
        tally.rowsRun++;
        int earlier = rows.countBefore(rowHash);
        if (earlier > 0) {
            tally.rowsRepeated++;
            if (rows.wasAnswered(rowHash)) {
                tally.rowsPaidTwice++;
            }
        }
        return earlier;
    }

    void answered(long rowHash, long bodyHash) {
        rows.answered(rowHash);
        if (live.wasAnswered(bodyHash)) {
            tally.rowsAnsweredLiveToo++;
        }
        if (bodies.countBefore(bodyHash) == 0) {
            bodies.answered(bodyHash);
        }
    }

    /** A live endpoint answers a body. */
    void answeredLive(long bodyHash) {
        if (bodies.wasAnswered(bodyHash)) {
            tally.rowsAnsweredLiveToo++;
        }
    }

    void clear() {
        rows.clear();
        bodies.clear();
    }
}
