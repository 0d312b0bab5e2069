package dev.penstock.gateway.config;

/** A key that is sent and never shown. Compared by identity, so that no message of a comparison tells it. */
public final class Secret {
    private final String value;

    public Secret(String value) {
        this.value = value;
    }

    /** The key itself, for the one header that carries it. */
    public String reveal() {
        return value;
    }

    @Override
    public String toString() {
        return "(secret)";
    }
}
