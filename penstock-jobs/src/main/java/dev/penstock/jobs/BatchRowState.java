package dev.penstock.jobs;

/**
 * A row of a part.
 *
 * @param place where its request is read from
 * @param open whether it has not ended
 * @param attempts how often it was in a batch that came to its end
 */
record BatchRowState(RowPlace place, boolean open, int attempts) {}
