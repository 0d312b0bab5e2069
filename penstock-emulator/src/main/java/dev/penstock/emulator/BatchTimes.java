package dev.penstock.emulator;

/** When a batch went from one status to the next, by the {@link BatchClock}. Belongs to its {@link Batch}. */
final class BatchTimes {
    static final long NOT_YET = -1;

    final long created;
    final long expires;
    long inProgress = NOT_YET;
    long finalizing = NOT_YET;
    long completed = NOT_YET;
    long failed = NOT_YET;
    long expired = NOT_YET;
    long cancelling = NOT_YET;
    long cancelled = NOT_YET;

    BatchTimes(long created, long expires) {
        this.created = created;
        this.expires = expires;
    }
}
