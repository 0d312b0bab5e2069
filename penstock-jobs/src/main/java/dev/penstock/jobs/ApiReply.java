package dev.penstock.jobs;

import dev.penstock.verdict.Verdict;
import dev.penstock.wire.AnswerReading;
import java.util.OptionalInt;

/**
 * What came of a call of the Files or Batch API.
 *
 * @param status empty if nothing came whole
 * @param body of the answer; empty where it went to a file
 */
@SuppressWarnings("ArrayRecordComponent")
record ApiReply(OptionalInt status, byte[] body, Verdict verdict) {
    static ApiReply fault(Verdict.Fault fault, String explanation) {
        return new ApiReply(
                OptionalInt.empty(),
                new byte[0],
                AnswerReading.ofFault(fault, explanation).verdict());
    }

    boolean isOk() {
        return verdict instanceof Verdict.Accepted;
    }
}
