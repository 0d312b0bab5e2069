package dev.penstock.jobs.batch;

/**
 * Why nothing more is done, although rows are open.
 *
 * @param explanation one or two sentences for people: what happened and what to do
 */
public record BatchStop(Kind kind, String explanation) {
    /** Who is to blame. */
    public enum Kind {
        PROVIDER,
        UNREACHABLE,
        /** The budget, which does not cover the next row even alone. */
        BUDGET
    }
}
