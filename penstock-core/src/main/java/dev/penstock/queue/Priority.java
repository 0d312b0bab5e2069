package dev.penstock.queue;

/** Bands of a queue, the most urgent one first. */
public enum Priority {
    /** A person waits for the answer. */
    INTERACTIVE,
    NORMAL,
    /** Whenever there is room. */
    BULK
}
