package dev.penstock.emulator;

/** An oddity of batches. Users of the real API reported all of them but {@link #LOST_ANSWER}, which any network has. */
public enum BatchQuirk {
    /** Status {@code completed} although every row failed; there is no output file. */
    ALL_FAILED("all-failed"),
    /** Status {@code completed} with rows that count as completed, and no output file. */
    NULL_OUTPUT("null-output"),
    /** Every tenth row counts as completed, and its line has the status code 0 and no body. */
    STATUS_0("status-0"),
    /** The output is in another order than the input. */
    UNORDERED("unordered"),
    /** The output has empty lines. */
    BLANK_LINES("blank-lines"),
    /** The row in the middle counts and has no line. */
    MISSING_LINE("missing-line"),
    /** The row after the first third has its line twice. */
    DOUBLED_LINE("doubled-line"),
    /** Rows that a cancelled batch did not run are in the error file. Otherwise they are in neither file. */
    CANCELLED_LINES("cancelled-lines"),
    /** The batch is created, and its creation is answered with the status 502: who just asks again has two of them. */
    LOST_ANSWER("lost-answer");

    private final String word;

    BatchQuirk(String word) {
        this.word = word;
    }

    /** The word of this oddity in {@link BatchQuirks}. */
    public String word() {
        return word;
    }
}
