package dev.penstock.emulator;

/** Where a batch is on its way. */
enum BatchStatus {
    VALIDATING("validating"),
    FAILED("failed"),
    IN_PROGRESS("in_progress"),
    FINALIZING("finalizing"),
    COMPLETED("completed"),
    EXPIRED("expired"),
    CANCELLING("cancelling"),
    CANCELLED("cancelled");

    private final String word;

    BatchStatus(String word) {
        this.word = word;
    }

    String word() {
        return word;
    }

    /** Whether nothing follows it. */
    boolean isLast() {
        return switch (this) {
            case FAILED, COMPLETED, EXPIRED, CANCELLED -> true;
            case VALIDATING, IN_PROGRESS, FINALIZING, CANCELLING -> false;
        };
    }
}
