package dev.penstock.limit;

/** What a limit counts. */
public enum Unit {
    REQUESTS("requests"),
    TOKENS("tokens"),
    IMAGES("images");

    private final String plural;

    Unit(String plural) {
        this.plural = plural;
    }

    /** The word people use for several of this unit, for example {@code tokens}. */
    public String plural() {
        return plural;
    }
}
