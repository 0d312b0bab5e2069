package dev.penstock.emulator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The counts behind a {@link Ledger}. One owner. */
final class Tally {
    private static final int SECONDS_KEPT = 7_200;
    private static final int ADMITTED = 0;
    private static final int REFUSED = 1;
    private static final int ANSWERED = 2;
    private static final int TOKENS = 3;
    private static final int COLUMNS = 4;

    long arrived;
    long invalid;
    long tooEarly;
    long repeated;
    long repeatedAfterAnswer;
    long inFlight;
    long tokensRefunded;
    long hangUps;
    long otherClientRequests;
    long otherClientTokens;
    private long admitted;
    private long answered;
    private long peakConcurrency;
    private long tokensCharged;
    private long outputTokens;
    private long firstArrivalNanos = -1;
    private long lastAnswerNanos;
    private long lastLatencyNanos;
    private final long[] refused = new long[Refusal.values().length];
    private final long[] faults = new long[Fault.values().length];

    /** A ring of the last seconds; {@code secondOf[slot]} says which second a slot holds. */
    private final long[] secondOf = new long[SECONDS_KEPT];

    private final long[] series = new long[SECONDS_KEPT * COLUMNS];
    private long latestSecond = -1;

    void inFlight(long requests) {
        inFlight = requests;
        peakConcurrency = requests;
    }

    void arrived(long sinceStartNanos) {
        arrived++;
        if (firstArrivalNanos < 0) {
            firstArrivalNanos = sinceStartNanos;
        }
    }

    void admitted(long tokens, long sinceStartNanos) {
        admitted++;
        tokensCharged += tokens;
        inFlight++;
        peakConcurrency = Math.max(peakConcurrency, inFlight);
        add(ADMITTED, 1, sinceStartNanos);
        add(TOKENS, tokens, sinceStartNanos);
    }

    void refused(Refusal reason, long sinceStartNanos) {
        refused[reason.ordinal()]++;
        add(REFUSED, 1, sinceStartNanos);
    }

    void answered(long tokens, long latencyNanos, long sinceStartNanos) {
        answered++;
        outputTokens += tokens;
        if (sinceStartNanos >= lastAnswerNanos) {
            lastAnswerNanos = sinceStartNanos;
            lastLatencyNanos = latencyNanos;
        }
        add(ANSWERED, 1, sinceStartNanos);
    }

    void fault(Fault fault) {
        faults[fault.ordinal()]++;
    }

    private void add(int column, long amount, long sinceStartNanos) {
        long second = sinceStartNanos / 1_000_000_000L;
        int slot = (int) (second % SECONDS_KEPT);
        if (second > latestSecond) {
            latestSecond = second;
        } else if (second <= latestSecond - SECONDS_KEPT) {
            return;
        }
        if (secondOf[slot] != second) {
            secondOf[slot] = second;
            for (int i = 0; i < COLUMNS; i++) {
                series[slot * COLUMNS + i] = 0;
            }
        }
        series[slot * COLUMNS + column] += amount;
    }

    Ledger snapshot(BatchLedger batches) {
        Map<Refusal, Long> byReason = new EnumMap<>(Refusal.class);
        for (Refusal reason : Refusal.values()) {
            if (refused[reason.ordinal()] > 0) {
                byReason.put(reason, refused[reason.ordinal()]);
            }
        }
        Map<Fault, Long> byFault = new EnumMap<>(Fault.class);
        for (Fault fault : Fault.values()) {
            if (faults[fault.ordinal()] > 0) {
                byFault.put(fault, faults[fault.ordinal()]);
            }
        }
        List<Ledger.Second> seconds = new ArrayList<>();
        for (long second = Math.max(0, latestSecond - SECONDS_KEPT + 1); second <= latestSecond; second++) {
            int slot = (int) (second % SECONDS_KEPT);
            int row = slot * COLUMNS;
            if (secondOf[slot] == second
                    && series[row + ADMITTED] + series[row + REFUSED] + series[row + ANSWERED] > 0) {
                seconds.add(new Ledger.Second(
                        second,
                        series[row + ADMITTED],
                        series[row + REFUSED],
                        series[row + ANSWERED],
                        series[row + TOKENS]));
            }
        }
        return new Ledger(
                arrived,
                admitted,
                answered,
                byReason,
                invalid,
                tooEarly,
                repeated,
                repeatedAfterAnswer,
                inFlight,
                peakConcurrency,
                tokensCharged,
                tokensRefunded,
                outputTokens,
                byFault,
                hangUps,
                otherClientRequests,
                otherClientTokens,
                Duration.ofNanos(Math.max(0, firstArrivalNanos)),
                Duration.ofNanos(lastAnswerNanos),
                Duration.ofNanos(lastLatencyNanos),
                seconds,
                batches);
    }
}
