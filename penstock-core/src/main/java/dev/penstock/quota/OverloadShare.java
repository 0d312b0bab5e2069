package dev.penstock.quota;

import java.util.Arrays;

/**
 * Tells overload from bad luck. A provider that has too much to do turns away a fair share of the calls; one failed call
 * in a hundred happens on good days, and answering each by sending less would end at a crawl.
 *
 * <p>Confined to the lock of the quota that owns it.
 */
final class OverloadShare {
    private static final int REMEMBERED = 100;
    /** So many of the last hundred, or of the fewer that there were. */
    private static final int SIGNIFICANT = 10;

    private static final int LEAST = 3;

    private final boolean[] outcomes = new boolean[REMEMBERED];
    private int next;
    private int known;
    private int overloaded;

    void answered() {
        add(false);
    }

    /** Notes a sign of overload; returns whether there are enough of them to act. Then it starts to count anew. */
    boolean turnedAway() {
        add(true);
        if (overloaded < Math.max(LEAST, SIGNIFICANT * known / REMEMBERED)) {
            return false;
        }
        Arrays.fill(outcomes, false);
        next = 0;
        known = 0;
        overloaded = 0;
        return true;
    }

    private void add(boolean sign) {
        overloaded += (sign ? 1 : 0) - (outcomes[next] ? 1 : 0);
        outcomes[next] = sign;
        next = (next + 1) % REMEMBERED;
        known = Math.min(REMEMBERED, known + 1);
    }
}
