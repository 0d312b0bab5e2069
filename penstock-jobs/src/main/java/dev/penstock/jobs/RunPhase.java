package dev.penstock.jobs;

/** What a run is doing. Phases follow each other in this order; any may be left out. */
public enum RunPhase {
    /** Reading the input for the first time, or checking that it is unchanged. */
    SCANNING,
    SENDING,
    /** Nothing new is sent; what is in flight comes to its end. */
    DRAINING,
    /** Writing the output. */
    WRITING,
    DONE
}
