package dev.penstock.jobs;

/**
 * Where a row stands in its input, so that it can be read again at any time.
 *
 * @param number counts the rows from 0, bad ones too, blank lines and the header not
 * @param line the row's first line, counted from 1
 * @param offset bytes before the row in the file
 * @param length bytes of the row, without its line end
 */
public record RowPlace(long number, long line, long offset, int length) {
    public RowPlace {
        if (number < 0 || line < 1 || offset < 0 || length < 1) {
            throw new IllegalArgumentException("row " + number + " is at line " + line + ", offset " + offset
                    + ", length " + length + "; number and offset start at 0, line and length at 1");
        }
    }
}
