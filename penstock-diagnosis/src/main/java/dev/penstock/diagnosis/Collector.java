package dev.penstock.diagnosis;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.LimitState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Groups refusals in constant memory. What a log tells twice is counted once: clients write the bare status of an answer
 * first and what it said a few lines later, and loggers the message before the stack trace. Not thread-safe.
 */
final class Collector {
    private static final int MOST_GROUPS = 500;
    private static final int MOST_OTHERS = 50;
    private static final int NEAR_LINES = 120;
    private static final int SAME_ANSWER_LINES = 12;
    private static final int MOST_REASONS = 256;
    private static final int MOST_MODELS = 100;

    private record Key(
            Kind kind, String scope, Optional<String> model, Optional<Dimension> dimension, OptionalLong limit) {}

    private record Bare(Finding finding, OptionalLong at, long line, Set<String> forms) {}

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
    private final Map<String, Timeline> answeredTimes = new LinkedHashMap<>();
    private final List<String> remarks = new ArrayList<>();
    private List<LimitState> states = List.of();
    private long answered;
    private @Nullable Bare bare;
    private @Nullable Finding last;
    private long lastLine;
    private boolean sameLine;
    private long lineRead = -1;
    private final Set<String> lineReasons = new LinkedHashSet<>();

    /** Something of the input could not be read. */
    void remark(String sentence) {
        remarks.add(sentence);
    }

    void answered() {
        answered++;
    }

    void answered(Optional<String> model, long atMillis) {
        String name = model.orElse("");
        boolean room = answeredTimes.containsKey(name) || answeredTimes.size() < MOST_MODELS;
        answeredTimes
                .computeIfAbsent(room ? name : "", unused -> new Timeline())
                .add(atMillis);
    }

    /** The next event is read from a line of which a part was read before. */
    void sameLine() {
        sameLine = true;
    }

    /** The next event is read from a line of its own, where the same may be told again. */
    void newLine() {
        sameLine = false;
        lineReasons.clear();
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
        if (sameLine && lineReasons.contains(finding.reason())) {
            return;
        }
        if (line != lineRead) {
            lineRead = line;
            lineReasons.clear();
        }
        if (lineReasons.size() >= MOST_REASONS) {
            lineReasons.remove(lineReasons.iterator().next());
        }
        lineReasons.add(finding.reason());
        if (repeats(finding, line)) {
            // Told twice; a third time it is another one.
            last = null;
            return;
        }
        if (finding.explained()) {
            add(finding, timeOfStatus(finding, at, line));
            last = finding;
            lastLine = line;
        } else {
            takeBare(finding, at, line);
        }
    }

    /** Whether a trace follows the line that told the same, or the other way round. */
    private boolean repeats(Finding finding, long line) {
        Finding before = last;
        if (before == null || before.trace() == finding.trace() || line - lastLine > NEAR_LINES) {
            return false;
        }
        return (finding.trace() && !finding.explained())
                || before.reason().startsWith(finding.reason())
                || finding.reason().startsWith(before.reason());
    }

    private void takeBare(Finding finding, OptionalLong at, long line) {
        Bare pending = bare;
        boolean same = pending != null
                && line - pending.line() <= SAME_ANSWER_LINES
                && !pending.forms().contains(finding.reason());
        if (pending == null || !same) {
            flush();
            bare = new Bare(finding, at, line, Set.of(finding.reason()));
            return;
        }
        Set<String> forms = new HashSet<>(pending.forms());
        forms.add(finding.reason());
        Finding better = finding.limit().isPresent() ? finding : pending.finding();
        bare = new Bare(better, pending.at().isPresent() ? pending.at() : at, line, forms);
    }

    /** An answer's status is often told some lines before what it said; both are one refusal, at the time of the first. */
    private OptionalLong timeOfStatus(Finding finding, OptionalLong at, long line) {
        Bare pending = bare;
        if (pending == null) {
            return at;
        }
        bare = null;
        if (line - pending.line() <= NEAR_LINES && byProvider(finding) == byProvider(pending.finding())) {
            return pending.at().isPresent() ? pending.at() : at;
        }
        add(pending.finding(), pending.at());
        return at;
    }

    private static boolean byProvider(Finding finding) {
        return finding.kind() == Kind.SERVER_ERROR || finding.kind() == Kind.OVERLOADED;
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
        return new Diagnosis(groups, bytes, lines, answered, answeredTimes, states, others, remarks);
    }
}
