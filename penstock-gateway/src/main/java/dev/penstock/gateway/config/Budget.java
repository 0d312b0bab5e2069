package dev.penstock.gateway.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a tenant may spend in a period.
 *
 * @param tokens input and output together, 1 or more; empty for no bound
 * @param dollars at the prices of the price table, up to {@link #MOST_DOLLARS}; empty for no bound
 */
public record Budget(OptionalLong tokens, Optional<BigDecimal> dollars, Period period) {
    /** Nano-dollars of it fit into a long, several times. */
    public static final BigDecimal MOST_DOLLARS = BigDecimal.valueOf(1_000_000_000);

    private static final int NANO_DIGITS = 9;

    public Budget {
        if (tokens.isEmpty() && dollars.isEmpty()) {
            throw new IllegalArgumentException("a budget has neither tokens nor dollars; give one of them or both");
        }
        if (tokens.isPresent() && tokens.getAsLong() < 1) {
            throw new IllegalArgumentException("a budget is " + tokens.getAsLong() + " tokens; it must be 1 or more");
        }
        if (dollars.isPresent() && (dollars.get().signum() <= 0 || dollars.get().compareTo(MOST_DOLLARS) > 0)) {
            throw new IllegalArgumentException("a budget is " + dollars.get().toPlainString()
                    + " dollars; it must be more than 0 and at most " + MOST_DOLLARS.toPlainString());
        }
    }

    /** The dollars in billionths, rounded down. */
    public OptionalLong nanoDollars() {
        return dollars.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(dollars.get()
                        .movePointRight(NANO_DIGITS)
                        .setScale(0, RoundingMode.DOWN)
                        .longValueExact());
    }

    /** When a budget starts again, in UTC. */
    public enum Period {
        HOUR("hour"),
        DAY("day"),
        MONTH("month"),
        /** Never. */
        FOREVER("forever");

        private final String label;

        Period(String label) {
            this.label = label;
        }

        /** As files and people name it. */
        public String label() {
            return label;
        }

        /** The beginning of the period that a moment is in. */
        Instant startOf(Instant moment) {
            return switch (this) {
                case HOUR -> moment.truncatedTo(ChronoUnit.HOURS);
                case DAY -> moment.truncatedTo(ChronoUnit.DAYS);
                case MONTH -> firstOfMonth(moment).atStartOfDay(ZoneOffset.UTC).toInstant();
                case FOREVER -> Instant.EPOCH;
            };
        }

        /** The beginning of the next period; empty if there is none. */
        Optional<Instant> endOf(Instant start) {
            return switch (this) {
                case HOUR -> Optional.of(start.plus(1, ChronoUnit.HOURS));
                case DAY -> Optional.of(start.plus(1, ChronoUnit.DAYS));
                case MONTH ->
                    Optional.of(firstOfMonth(start)
                            .plusMonths(1)
                            .atStartOfDay(ZoneOffset.UTC)
                            .toInstant());
                case FOREVER -> Optional.empty();
            };
        }

        private static LocalDate firstOfMonth(Instant moment) {
            return moment.atOffset(ZoneOffset.UTC).toLocalDate().withDayOfMonth(1);
        }
    }
}
