package dev.penstock.wire;

import java.util.Locale;

/** Where a batch stands at the provider. */
public enum BatchStatus {
    VALIDATING,
    /** Its input failed the validation; nothing ran. */
    FAILED,
    IN_PROGRESS,
    FINALIZING,
    /** It came to its end, whatever became of its rows. */
    COMPLETED,
    /** Its time was over before all rows ran. */
    EXPIRED,
    CANCELLING,
    CANCELLED,
    /** A word that is not known here; taken for a state on the way. */
    UNKNOWN;

    static BatchStatus of(String word) {
        for (BatchStatus status : values()) {
            if (status.word().equals(word)) {
                return status;
            }
        }
        return UNKNOWN;
    }

    /** The provider's word, such as {@code in_progress}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether nothing changes any more. */
    public boolean isLast() {
        return switch (this) {
            case FAILED, COMPLETED, EXPIRED, CANCELLED -> true;
            case VALIDATING, IN_PROGRESS, FINALIZING, CANCELLING, UNKNOWN -> false;
        };
    }
}
