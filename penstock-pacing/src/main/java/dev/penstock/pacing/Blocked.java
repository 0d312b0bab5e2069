package dev.penstock.pacing;

import dev.penstock.quota.BlockedBy;
import java.time.Duration;
import java.util.Optional;

/**
 * Why a request cannot start now, and when it can.
 *
 * @param by what is in the way: for a limit its amount, what the request needs of it, and how the limit is known
 * @param freeIn the least time until the request can start, counted from when this was asked; empty where it never fits, or
 *     where only the end of another call can make room
 */
public record Blocked(BlockedBy by, Optional<Duration> freeIn) {
    /** One clause for a person, for example {@code the limit of 500 requests per minute, free in 1.2 s}. */
    public String explanation() {
        return by.explanation()
                + freeIn.map(time -> ", free in " + Words.seconds(time)).orElse("");
    }
}
