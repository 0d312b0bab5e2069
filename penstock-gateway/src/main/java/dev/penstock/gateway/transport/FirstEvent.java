package dev.penstock.gateway.transport;

/** How a stream of events begins. In every case what has come is kept: pass the answer on, or cancel the call. */
public sealed interface FirstEvent {
    /**
     * @param type the {@code event} field, {@code message} if there is none
     * @param data the {@code data} fields, joined by line feeds
     */
    record Seen(String type, String data) implements FirstEvent {}

    /** The body ended without an event. */
    record None() implements FirstEvent {}

    /** It is longer than the bound. */
    record TooLong() implements FirstEvent {}
}
