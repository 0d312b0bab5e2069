package dev.penstock.diagnosis;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.LimitState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Groups refusals in constant memory. What a log tells twice is counted once: clients write the bare status of an answer
 * first and what it said a few lines later, and loggers the message before the stack trace. Not thread-safe.
 */
final class Collector {
    private static final int MOST_GROUPS = 500;
    private static final int MOST_OTHERS = 50;
    private static final int NEAR_LINES = 120;

    private record Key(
            Kind kind, String scope, Optional<String> model, Optional<Dimension> dimension, OptionalLong limit) {}

    private record Bare(Finding finding, OptionalLong at, long line) {}

    private static final class Sum {
        long count;
        final Finding first;
        boolean retryable;
        Optional<Duration> longestWait = Optional.empty();
        long requested;
        long told;
        long mostRequested;
        final Timeline times = new Timeline();

        Sum(Finding first) {
            this.first = first;
            this.retryable = first.retryable();
        }
    }

    private final Map<Key, Sum> sums = new LinkedHashMap<>();
    private final Map<String, Long> others = new LinkedHashMap<>();
    private final Timeline answeredTimes = new Timeline();
    private List<LimitState> states = List.of();
    private long answered;
    private @Nullable Bare bare;
    private @Nullable Finding last;
    private long lastLine;
    private boolean sameLine;

    void answered() {
        answered++;
    }

    void answered(long atMillis) {
        answeredTimes.add(atMillis);
    }

    /** The next event is read from a line of which a part was read before. */
    void sameLine() {
        sameLine = true;
    }

    void notes(BlockReader.Reading reading) {
        if (!reading.states().isEmpty()) {
            states = reading.states();
        }
        for (String other : reading.otherErrors()) {
            if (others.size() < MOST_OTHERS || others.containsKey(other)) {
                others.merge(other, 1L, Long::sum);
            }
        }
    }

    void take(BlockReader.Reading reading, OptionalLong at, long line) {
        notes(reading);
        for (Finding finding : reading.findings()) {
            take(finding, at, line);
        }
        sameLine = false;
    }

    private void take(Finding finding, OptionalLong at, long line) {
        Finding before = last;
        boolean told = before != null
                && before.explained()
                && finding.reason().equals(before.reason())
                && line - lastLine <= NEAR_LINES
                && (before.trace() != finding.trace() || sameLine);
        if (!finding.explained()) {
            flush();
            bare = new Bare(finding, at, line);
            return;
        }
        Bare pending = bare;
        OptionalLong time = at;
        if (pending != null) {
            bare = null;
            boolean same = line - pending.line() <= NEAR_LINES
                    && (finding.kind() == Kind.SERVER_ERROR || finding.kind() == Kind.OVERLOADED)
                            == (pending.finding().kind() == Kind.SERVER_ERROR
                                    || pending.finding().kind() == Kind.OVERLOADED);
            if (same) {
                time = pending.at().isPresent() ? pending.at() : at;
            } else {
                add(pending.finding(), pending.at());
            }
        }
        last = finding;
        lastLine = line;
        if (!told) {
            add(finding, time);
        }
    }

    private void flush() {
        Bare pending = bare;
        if (pending != null) {
            bare = null;
            add(pending.finding(), pending.at());
        }
    }

    private void add(Finding finding, OptionalLong at) {
        Key key = new Key(finding.kind(), finding.scope(), finding.model(), finding.dimension(), finding.limit());
        if (!sums.containsKey(key) && sums.size() >= MOST_GROUPS) {
            key = new Key(finding.kind(), finding.scope(), Optional.empty(), Optional.empty(), OptionalLong.empty());
        }
        Sum sum = sums.computeIfAbsent(key, unused -> new Sum(finding));
        sum.count++;
        sum.retryable &= finding.retryable();
        finding.retryIn().ifPresent(wait -> {
            if (sum.longestWait.isEmpty() || sum.longestWait.get().compareTo(wait) < 0) {
                sum.longestWait = Optional.of(wait);
            }
        });
        finding.requested().ifPresent(amount -> {
            sum.requested += Math.min(amount, Long.MAX_VALUE >> 24);
            sum.told++;
            sum.mostRequested = Math.max(sum.mostRequested, amount);
        });
        at.ifPresent(sum.times::add);
    }

    Diagnosis diagnosis(long bytes, long lines) {
        flush();
        List<Group> groups = new ArrayList<>();
        sums.forEach((key, sum) -> groups.add(new Group(
                key.kind(),
                key.scope(),
                key.model(),
                key.dimension(),
                key.limit(),
                sum.count,
                sum.times.total() == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(sum.times.firstMillis())),
                sum.times.total() == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(sum.times.lastMillis())),
                sum.retryable,
                sum.longestWait,
                sum.told == 0 ? 0 : sum.requested / sum.told,
                sum.mostRequested,
                sum.first.used().orElse(0),
                sum.first.evidence(),
                sum.times)));
        groups.sort(Comparator.comparingLong(Group::count).reversed());
        return new Diagnosis(groups, bytes, lines, answered, answeredTimes, states, others);
    }
}
