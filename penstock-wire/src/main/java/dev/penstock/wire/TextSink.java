package dev.penstock.wire;

/** Takes the pieces of prompt text of a request in their order. */
@FunctionalInterface
interface TextSink {
    /** One piece; the characters are only valid during the call. */
    void add(char[] chars, int offset, int length);
}
