package dev.penstock.gateway;

/** What becomes of a request after an attempt that was not answered. */
sealed interface Decision {
    /** It waits and will be sent again. Nothing of the answer may be passed on. */
    record Again(String why) implements Decision {}

    /** Pass the upstream's answer on, or tell that there was none. The request has ended. */
    record PassOn(String why) implements Decision {}

    /** Answer with this instead. The request has ended. */
    record Refuse(Refusal refusal) implements Decision {}
}
