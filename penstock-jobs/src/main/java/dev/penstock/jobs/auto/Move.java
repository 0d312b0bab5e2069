package dev.penstock.jobs.auto;

/** Rows go another way. */
public sealed interface Move {
    /** Give rows that are in no part to live calls. */
    record TakeFree(String family, long rows) implements Move {}

    /** Give the last rows of a part to live calls, of which nothing is at the provider. */
    record TakeFromPart(int part, long rows) implements Move {}

    /** Free the rows of a part whose file is uploaded. */
    record GiveUp(int part) implements Move {}

    /** Cancel the batch of a part; what it has answered stays, and its other rows become free. */
    record Cancel(int part) implements Move {}
}
