package dev.penstock.jobs;

/** Ends the reading of one row. Carries no stack trace: a file may hold a million bad rows. */
final class BadRowException extends Exception {
    private final int offset;

    /**
     * @param offset the byte of the problem, from the start of the row
     * @param problem what was expected, without the row's text
     */
    BadRowException(int offset, String problem) {
        super(problem, null, false, false);
        this.offset = offset;
    }

    int offset() {
        return offset;
    }

    String problem() {
        String message = getMessage();
        return message == null ? "" : message;
    }
}
