package dev.penstock.jobs.doctor;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What was found out about an API.
 *
 * @param place host and port
 * @param reached whether any answer came
 * @param refusal why nothing more was asked, for people; empty if all was asked
 * @param refusedBecause what kind of reason that is
 * @param dialect whose habits the server has
 * @param httpVersion of its answers
 * @param connecting time to look up, connect and agree on keys
 * @param firstByte the shortest time from a question to the head of its answer on an open connection
 * @param processing what of that the provider says it needed itself
 * @param clockAhead how far this machine's clock is ahead of the server's; negative if behind, empty if nobody said or if it is
 *     no more than the second that servers tell times to
 * @param clockTold whether the server tells the time
 * @param headersStripped whether limits are missing that this provider always tells
 * @param via proxies that name themselves
 * @param models what was found out about each
 * @param asked questions that were sent
 */
public record Examination(
        String place,
        boolean reached,
        Optional<String> refusal,
        Trouble refusedBecause,
        Dialect dialect,
        String httpVersion,
        Optional<Duration> connecting,
        Optional<Duration> firstByte,
        Optional<Duration> processing,
        Optional<Duration> clockAhead,
        boolean clockTold,
        boolean headersStripped,
        boolean via,
        List<ModelFinding> models,
        int asked) {
    public Examination {
        models = List.copyOf(models);
    }

    /** Why an examination ended early, or what is wrong with the account. */
    public enum Trouble {
        NONE,
        OUT_OF_REACH,
        BAD_KEY,
        NO_CREDIT,
        NO_PERMISSION,
        OTHER
    }
}
