package dev.penstock.jobs.batch;

/** Where decisions are written down before they are acted upon. Each method returns when it is on the disk. */
public interface PartJournal {
    /**
     * A part is in another phase.
     *
     * @param detail why, or what was seen; one clause for people
     */
    void moved(Part part, String detail);

    /** The provider's counts of a part have changed. Need not survive. */
    void counted(Part part);

    /** The provider told how many tokens a family may have enqueued. */
    void learned(String family, long tokens);
}
