package dev.penstock.jobs;

/** Why a run ended before all its rows were settled. */
sealed interface StopCause {
    /** One sentence: what happened and what to do. */
    String explanation();

    /** A person interrupted it. */
    record Interrupted() implements StopCause {
        @Override
        public String explanation() {
            return "Interrupted.";
        }
    }

    /** No request of the account can succeed. */
    record ByProvider(String explanation) implements StopCause {}

    /** The next request might cost more than is left of the budget. */
    record BudgetReached(String explanation) implements StopCause {}

    /** No connection for too long. */
    record Unreachable(String explanation) implements StopCause {}

    /** All was done that was asked for, and rows are with the provider. */
    record AtProvider(String explanation) implements StopCause {}

    /** The rows that are left go another way. */
    record WayChanged() implements StopCause {
        @Override
        public String explanation() {
            return "The rows that are left go another way.";
        }
    }

    /** The deadline cannot be met. */
    record TooLate(String explanation) implements StopCause {}

    /** Answers could not be stored. */
    record StorageFailed(String explanation) implements StopCause {}
}
