package dev.penstock.jobs;

import dev.penstock.verdict.Verdict;

/** What becomes of a row after an answer. */
sealed interface Outcome {
    /** Answered: store the answer. */
    record Done() implements Outcome {}

    /** It will be sent again. */
    record Again(String explanation) implements Outcome {}

    /** Whether it failed is decided later, by a {@link Step.Fail}; until then it stays open. */
    record Held(String explanation) implements Outcome {}

    /** Store it as failed for good. */
    record Failed(Verdict verdict, String explanation) implements Outcome {}

    /** The account is stopped: the row stays open for a later run, and nothing more is sent. */
    record LeftOpen(String explanation) implements Outcome {}
}
