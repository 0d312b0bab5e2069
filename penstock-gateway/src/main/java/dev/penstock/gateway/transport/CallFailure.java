package dev.penstock.gateway.transport;

import dev.penstock.verdict.Verdict.Fault;

/**
 * How a call broke.
 *
 * @param fault {@code CONNECT_FAILED} only if the request certainly was not sent; {@code CONNECTION_LOST};
 *     {@code BROKEN_ANSWER} for what is not HTTP
 * @param passedOn whether the client has seen something of the upstream's answer; it has been cut off then, and there is
 *     nothing left to retry
 * @param explanation one sentence for people
 */
public record CallFailure(Fault fault, boolean passedOn, String explanation) {}
