package dev.penstock.emulator;

/** What can go wrong with a request that the limits admitted. */
public enum Fault {
    /** Status 500. */
    SERVER_ERROR("500"),
    /** Status 503. */
    OVERLOADED("503"),
    /** The connection is reset before any byte of the answer. */
    RESET_BEFORE("reset"),
    /** The connection is reset in the middle of the answer's body. */
    RESET_IN_BODY("reset-body"),
    /** No answer ever comes; the connection stays open. */
    HANG("hang"),
    /** Status 200 whose body ends early although HTTP says that it is complete. */
    CUT("cut"),
    /** Status 429 after the work was done, without a rate limit header and without Retry-After. */
    BARE_429("429"),
    /** A stream that starts with status 200 and then ends with a rate limit error. Touches streams only. */
    STREAM_429("stream429"),
    /** The same with the error as the first event, when nothing of an answer has been sent. Touches streams only. */
    STREAM_429_FIRST("stream429-first");

    private final String word;

    Fault(String word) {
        this.word = word;
    }

    /** The word of this fault in a {@link FaultPlan} and in the ledger. */
    public String word() {
        return word;
    }
}
