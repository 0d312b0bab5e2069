package dev.penstock.gateway;

import java.time.Duration;
import java.util.Optional;

/**
 * Why the gateway itself says no, and what the caller can do.
 *
 * @param code for programs
 * @param message for people: what was asked, the rule, what to do
 * @param retryAfter when it is worth coming back; empty if waiting does not help or nobody can tell
 * @param shouldRetry whether a client's own retries make sense
 */
record Refusal(Outcome outcome, String code, String message, Optional<Duration> retryAfter, boolean shouldRetry) {}
