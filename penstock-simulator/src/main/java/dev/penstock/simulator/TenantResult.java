package dev.penstock.simulator;

/**
 * What became of the requests of one tenant.
 *
 * @param accepted answered
 * @param givenUp never answered
 */
public record TenantResult(String name, long accepted, long givenUp, WaitTimes waits) {
    /** All that came. */
    public long processed() {
        return accepted + givenUp;
    }
}
