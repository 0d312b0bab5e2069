package dev.penstock.retry;

import dev.penstock.retry.RetryReport.Ending;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/** Adds up reports. All of a report is there or nothing, so that the figures of a snapshot fit together. */
final class RetryCounters {
    private final ReentrantLock lock = new ReentrantLock();
    /** Calls that needed no report: all of their figures follow from their number. */
    private final AtomicLong acceptedAtOnce = new AtomicLong();
    // Guarded by lock.
    private final long[] endings = new long[Ending.values().length];
    private long succeededAtFirst;
    private long attempts;
    private Duration waited = Duration.ZERO;
    private long budgetRefusals;

    /** A call was accepted at its first attempt, without any wait. */
    void acceptedAtOnce() {
        acceptedAtOnce.incrementAndGet();
    }

    void ended(RetryReport report) {
        lock.lock();
        try {
            endings[report.ending().ordinal()]++;
            attempts += report.sent();
            waited = waited.plus(report.waited());
            if (report.ending() == Ending.SUCCEEDED && report.sent() == 1) {
                succeededAtFirst++;
            }
        } finally {
            lock.unlock();
        }
    }

    void budgetRefused() {
        lock.lock();
        try {
            budgetRefusals++;
        } finally {
            lock.unlock();
        }
    }

    RetryStatistics snapshot() {
        lock.lock();
        try {
            Map<Ending, Long> counted = new EnumMap<>(Ending.class);
            for (Ending ending : Ending.values()) {
                counted.put(ending, endings[ending.ordinal()]);
            }
            long atOnce = acceptedAtOnce.get();
            counted.put(Ending.SUCCEEDED, endings[Ending.SUCCEEDED.ordinal()] + atOnce);
            return new RetryStatistics(counted, succeededAtFirst + atOnce, attempts + atOnce, waited, budgetRefusals);
        } finally {
            lock.unlock();
        }
    }
}
