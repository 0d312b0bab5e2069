package dev.penstock.gateway.config;

import java.time.Duration;
import java.util.Optional;

/** Whether a tenant's budget allows a request. */
public sealed interface BudgetDecision {
    /**
     * It does, and what the request may cost is set aside.
     *
     * @param aside to be settled exactly once, however the request ends
     */
    record Within(BudgetHold aside) implements BudgetDecision {}

    /**
     * Not at the moment: the rest is set aside for requests that run. When one of them is settled, ask again.
     *
     * @param explanation for people
     */
    record HeldUp(String explanation) implements BudgetDecision {}

    /**
     * Not in this period.
     *
     * @param retryIn until the budget begins anew; empty if waiting will not help
     * @param explanation for people: what is left, what was asked for, what to do
     */
    record Spent(Optional<Duration> retryIn, String explanation) implements BudgetDecision {}
}
