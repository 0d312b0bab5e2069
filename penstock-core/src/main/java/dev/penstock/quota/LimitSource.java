package dev.penstock.quota;

/** How a limit came to be known. */
public enum LimitSource {
    /** The user set it as a cap of their own; the provider's answers say nothing about it. */
    CAP,
    /** Known beforehand: from a tier table or a configuration. */
    CONFIGURED,
    /** Read from the headers of an answer. */
    HEADERS,
    /** Read from the text of a refusal. */
    REFUSAL,
    /** Not shown by the provider, but implied by what it shows. */
    INFERRED
}
