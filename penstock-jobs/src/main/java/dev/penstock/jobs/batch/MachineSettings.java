package dev.penstock.jobs.batch;

import java.time.Duration;

/**
 * How a {@link BatchMachine} behaves.
 *
 * @param keepFiles whether input files stay at the provider
 * @param forgetful whether the provider may lose its batches, as an emulator does that ends with the run, or a person says
 *     so. Elsewhere a batch that is not found means another account, and to send its rows again would be to pay twice
 * @param polls how often batches are asked about
 * @param settling how long a creation whose answer was lost may take to show in the list
 * @param neverReached for a first answer: most likely the address is wrong
 * @param outage for an answer once something was answered
 */
public record MachineSettings(
        BatchGoal goal,
        boolean keepFiles,
        boolean forgetful,
        PollPace polls,
        Duration settling,
        Duration neverReached,
        Duration outage) {
    public static final MachineSettings DEFAULT = new MachineSettings(
            BatchGoal.COMPLETE,
            false,
            false,
            PollPace.DEFAULT,
            Duration.ofSeconds(20),
            Duration.ofSeconds(15),
            Duration.ofDays(7));

    public MachineSettings withGoal(BatchGoal newGoal) {
        return new MachineSettings(newGoal, keepFiles, forgetful, polls, settling, neverReached, outage);
    }

    public MachineSettings withKeptFiles(boolean keep) {
        return new MachineSettings(goal, keep, forgetful, polls, settling, neverReached, outage);
    }

    public MachineSettings withForgetful(boolean mayForget) {
        return new MachineSettings(goal, keepFiles, mayForget, polls, settling, neverReached, outage);
    }

    public MachineSettings withOutage(Duration newOutage) {
        return new MachineSettings(goal, keepFiles, forgetful, polls, settling, neverReached, newOutage);
    }

    public MachineSettings withPolls(PollPace newPolls) {
        return new MachineSettings(goal, keepFiles, forgetful, newPolls, settling, neverReached, outage);
    }

    public MachineSettings withSettling(Duration newSettling) {
        return new MachineSettings(goal, keepFiles, forgetful, polls, newSettling, neverReached, outage);
    }
}
