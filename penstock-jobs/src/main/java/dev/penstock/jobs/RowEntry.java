package dev.penstock.jobs;

/**
 * A row that waits for its answer.
 *
 * @param place where its request is read from
 * @param stratum which rows it is like in size, see {@link Stratum#of}
 * @param tokens what its request is expected to be charged
 */
public record RowEntry(RowPlace place, int stratum, long tokens) {
    public RowEntry {
        if (stratum < 0 || tokens < 0) {
            throw new IllegalArgumentException("row " + place.number() + " has stratum " + stratum + " and " + tokens
                    + " tokens; both are 0 or more");
        }
    }

    /** An entry in the stratum that its tokens belong to. */
    public static RowEntry of(RowPlace place, long tokens) {
        return new RowEntry(place, Stratum.of(tokens), tokens);
    }
}
