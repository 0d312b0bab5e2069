package dev.penstock.emulator;

/** What becomes of an admitted request. */
public sealed interface Outcome {
    /** The whole answer is handed out. */
    record Answer() implements Outcome {}

    /** Something breaks. */
    record Broken(Fault fault) implements Outcome {}
}
