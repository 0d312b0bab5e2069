package dev.penstock.cli;

/** Exit codes of the command; scripts rely on them. */
final class ExitCode {
    /** All rows answered. */
    static final int OK = 0;
    /** Some rows failed for good. */
    static final int ROWS_FAILED = 1;
    /** Wrong usage, or a file that cannot be read or written. */
    static final int USAGE = 2;
    /** Stopped by the provider: no credit, a bad key, or out of reach. */
    static final int STOPPED = 3;
    /** The budget is used up. */
    static final int BUDGET = 4;
    /** Rows are still with the provider, and nothing is wrong. */
    static final int AT_PROVIDER = 5;
    /** A defect of Penstock; the number is EX_SOFTWARE of sysexits.h. */
    static final int DEFECT = 70;
    /** Interrupted and resumable; as shells number SIGINT. */
    static final int INTERRUPTED = 130;

    private ExitCode() {}
}
