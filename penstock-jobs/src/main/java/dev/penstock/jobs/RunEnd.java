package dev.penstock.jobs;

/** How a run ended. */
public enum RunEnd {
    /** Every row of the job is answered. */
    COMPLETE,
    /** Every row has ended; some failed for good. */
    COMPLETE_WITH_FAILURES,
    /** No request of the account can succeed until a person acts. */
    STOPPED_BY_PROVIDER,
    /** The next request might cost more than is left of the budget. */
    BUDGET_REACHED,
    /** No connection to the provider for too long. */
    UNREACHABLE,
    /** The disk took no more. */
    STORAGE_FAILED,
    /** All was done that was asked for, and rows are in batches at the provider or wait for room there. */
    AT_PROVIDER,
    /** The deadline cannot be met; nothing was sent. */
    TOO_LATE,
    /** Somebody asked for it. */
    INTERRUPTED
}
