package dev.penstock.gateway.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What people are told about budgets. */
final class BudgetWords {
    private static final int NANO_DIGITS = 9;
    private static final int SHOWN_DIGITS = 4;

    private static final DateTimeFormatter MOMENT =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private BudgetWords() {}

    /** What is not spent, of everything that the budget bounds. */
    static String left(Budget budget, BudgetAccount account) {
        List<String> parts = new ArrayList<>();
        budget.tokens()
                .ifPresent(all -> parts.add(
                        Shown.number(Math.max(0, all - account.tokens())) + " of " + Shown.number(all) + " tokens"));
        budget.nanoDollars()
                .ifPresent(all -> parts.add(dollars(Math.max(0, all - account.nanoDollars())) + " of " + dollars(all)));
        return String.join(" and ", parts) + " left" + per(budget.period());
    }

    private static String per(Budget.Period period) {
        return switch (period) {
            case HOUR -> " this hour";
            case DAY -> " today (UTC)";
            case MONTH -> " this month (UTC)";
            case FOREVER -> "";
        };
    }

    /** What one request may cost, of everything that the budget bounds. */
    static String request(Budget budget, long tokens, long nanoDollars) {
        List<String> parts = new ArrayList<>();
        if (budget.tokens().isPresent()) {
            parts.add(Shown.number(tokens) + " tokens");
        }
        if (budget.dollars().isPresent()) {
            parts.add(dollarsUp(nanoDollars));
        }
        return String.join(" and ", parts);
    }

    static String moment(Instant moment) {
        return MOMENT.format(moment);
    }

    /** As people say it, rounded up to whole minutes, or to seconds if it is short. */
    static String wait(Duration wait) {
        long seconds = wait.toSeconds() + (wait.getNano() > 0 ? 1 : 0);
        if (seconds < 120) {
            return seconds + " s";
        }
        long minutes = Math.ceilDiv(seconds, 60);
        if (minutes < 120) {
            return minutes + " min";
        }
        long hours = minutes / 60;
        return hours < 48 ? hours + " h " + minutes % 60 + " min" : hours / 24 + " days " + hours % 24 + " h";
    }

    private static String dollars(long nanoDollars) {
        return money(nanoDollars, RoundingMode.DOWN);
    }

    private static String dollarsUp(long nanoDollars) {
        return money(nanoDollars, RoundingMode.UP);
    }

    /** Whole cents where that is exact, else four decimals. */
    private static String money(long nanoDollars, RoundingMode rounding) {
        BigDecimal amount = BigDecimal.valueOf(nanoDollars, NANO_DIGITS).setScale(SHOWN_DIGITS, rounding);
        boolean cents = amount.remainder(new BigDecimal("0.01")).signum() == 0;
        return String.format(Locale.ROOT, cents ? "$%,.2f" : "$%,.4f", amount);
    }
}
