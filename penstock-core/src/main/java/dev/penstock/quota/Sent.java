package dev.penstock.quota;

/**
 * What we sent around a request that was answered, in one unit.
 *
 * @param since what left after it
 * @param shortlyBefore what left just before it and may have arrived after it
 * @param shortlyAfter what left just after it and may have arrived before it
 * @param refused what the provider refused of all that was ever sent
 */
record Sent(long since, long shortlyBefore, long shortlyAfter, long refused) {}
