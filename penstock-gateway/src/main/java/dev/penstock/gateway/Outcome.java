package dev.penstock.gateway;

/** How a request ended: a small fixed set, for metrics and tests. */
public enum Outcome {
    /** The upstream's answer was passed on. */
    ANSWERED("answered"),
    /** It could not have been started before its deadline. */
    REFUSED_DEADLINE("refused-deadline"),
    /** It asks for more than a limit ever holds. */
    REFUSED_TOO_LARGE("refused-too-large"),
    REFUSED_QUEUE_FULL("refused-queue-full"),
    /** The tenant's budget is spent. */
    REFUSED_BUDGET("refused-budget"),
    /** No or an unknown key, a model that the tenant may not use, a malformed request. */
    REFUSED_INVALID("refused-invalid"),
    /** The gateway is stopping. */
    REFUSED_STOPPING("refused-stopping"),
    CANCELLED_BY_CLIENT("cancelled-by-client"),
    /** The upstream failed, or refused for good; what it said was passed on, or that it said nothing. */
    FAILED_UPSTREAM("failed-upstream");

    private final String label;

    Outcome(String label) {
        this.label = label;
    }

    /** As metrics and pages name it. */
    public String label() {
        return label;
    }
}
