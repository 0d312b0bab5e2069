package dev.penstock.diagnosis;

import dev.penstock.limit.LimitState;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a log told.
 *
 * @param groups most frequent first
 * @param bytes read
 * @param lines read; 0 for a HAR file
 * @param answered calls that were answered, where the log shows them
 * @param answeredTimes of those that had a time, by the model's family; empty where the log names none
 * @param states limits that headers showed last
 * @param otherErrors errors of the API that are about no limit, with how many there were, in the order of the log
 * @param remarks why the input, or part of it, could not be read; a sentence each
 */
public record Diagnosis(
        List<Group> groups,
        long bytes,
        long lines,
        long answered,
        Map<String, Timeline> answeredTimes,
        List<LimitState> states,
        Map<String, Long> otherErrors,
        List<String> remarks) {
    public Diagnosis {
        groups = List.copyOf(groups);
        states = List.copyOf(states);
        remarks = List.copyOf(remarks);
        answeredTimes = Collections.unmodifiableMap(new LinkedHashMap<>(answeredTimes));
        otherErrors = Collections.unmodifiableMap(new LinkedHashMap<>(otherErrors));
    }

    /** Refusals in all. */
    public long refused() {
        return groups.stream().mapToLong(Group::count).sum();
    }
}
