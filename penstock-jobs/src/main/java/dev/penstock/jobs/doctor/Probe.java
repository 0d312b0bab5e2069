package dev.penstock.jobs.doctor;

import dev.penstock.verdict.Verdict;
import dev.penstock.wire.HeaderLookup;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One question and what came of it.
 *
 * @param what was asked, for people, as in {@code GET /models}
 * @param status empty if no whole answer came
 * @param headers of the answer by their names in lower case; of several of one name the first
 * @param body of the answer; empty if none came. Not copied: nobody may change it
 * @param verdict what it means
 * @param connecting how long it took to look the name up, connect and agree on keys; empty on a connection that was open
 * @param firstByte from the sending to the head of the answer; empty if none came
 * @param version of HTTP that the answer has; empty if none came
 * @param askedAt when it was sent
 */
@SuppressWarnings("ArrayRecordComponent")
record Probe(
        String what,
        OptionalInt status,
        Map<String, String> headers,
        byte[] body,
        Verdict verdict,
        Optional<Duration> connecting,
        Optional<Duration> firstByte,
        String version,
        Instant askedAt) {
    HeaderLookup lookup() {
        return headers::get;
    }

    boolean has(String header) {
        return headers.containsKey(header);
    }

    boolean accepted() {
        return verdict instanceof Verdict.Accepted;
    }
}
