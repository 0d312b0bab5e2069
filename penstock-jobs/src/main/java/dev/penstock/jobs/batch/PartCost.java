package dev.penstock.jobs.batch;

/**
 * What a part of a job has cost, in nano-dollars.
 *
 * @param answers by what its answers say they used
 * @param lost the most that rows can have cost whose answers the provider counts and does not give
 */
public record PartCost(long answers, long lost) {
    /** Of a batch that did not run. */
    public static final PartCost NOTHING = new PartCost(0, 0);

    /** Both together. */
    public long total() {
        return answers + lost;
    }
}
