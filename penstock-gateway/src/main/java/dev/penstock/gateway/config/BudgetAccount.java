package dev.penstock.gateway.config;

import java.time.Duration;
import java.time.Instant;

/** What one tenant has spent and set aside in its period. Confined to the lock of {@link TenantBudgets}. */
final class BudgetAccount {
    /** A clock that is set right jumps by less; one that was all wrong by more. */
    private static final Duration CLOCK_SLACK = Duration.ofHours(1);

    /** Never touched. */
    static final BudgetAccount NONE = new BudgetAccount(new SpentBudget(Budget.Period.FOREVER, Instant.EPOCH, 0, 0));

    private Budget.Period period;
    private Instant from;
    private long round;
    private long tokens;
    private long nanoDollars;
    private long asideTokens;
    private long asideNanoDollars;

    BudgetAccount(SpentBudget spent) {
        period = spent.period();
        from = spent.from();
        tokens = spent.tokens();
        nanoDollars = spent.nanoDollars();
    }

    /**
     * Begins a new period if one has begun. What runs since the last one counted there. A budget whose period was changed
     * keeps what it has spent, and one whose clock was set back does too: neither may be a way to spend twice.
     */
    void advance(Budget.Period wanted, Instant now) {
        Instant start = wanted.startOf(now);
        if (period != wanted) {
            period = wanted;
            from = start;
        } else if (start.isAfter(from)) {
            from = start;
            round++;
            tokens = 0;
            nanoDollars = 0;
            asideTokens = 0;
            asideNanoDollars = 0;
        } else if (now.plus(CLOCK_SLACK).isBefore(from)) {
            from = start;
        }
    }

    BudgetHold setAside(long moreTokens, long moreNanoDollars) {
        asideTokens = plus(asideTokens, moreTokens);
        asideNanoDollars = plus(asideNanoDollars, moreNanoDollars);
        return new BudgetHold(this, round, moreTokens, moreNanoDollars);
    }

    /** Whether it changed anything: a second time does not, and neither does a request of an earlier period. */
    boolean settle(BudgetHold hold, long usedTokens, long usedNanoDollars) {
        if (hold.settled || hold.round != round) {
            hold.settled = true;
            return false;
        }
        hold.settled = true;
        asideTokens -= hold.tokens;
        asideNanoDollars -= hold.nanoDollars;
        tokens = plus(tokens, usedTokens);
        nanoDollars = plus(nanoDollars, usedNanoDollars);
        return true;
    }

    Instant from() {
        return from;
    }

    Budget.Period period() {
        return period;
    }

    long tokens() {
        return tokens;
    }

    long nanoDollars() {
        return nanoDollars;
    }

    long asideTokens() {
        return asideTokens;
    }

    long asideNanoDollars() {
        return asideNanoDollars;
    }

    /** For the file, where what runs counts as spent: a process that is killed cannot tell any more what it cost. */
    SpentBudget stored() {
        return new SpentBudget(period, from, plus(tokens, asideTokens), plus(nanoDollars, asideNanoDollars));
    }

    static long plus(long a, long b) {
        long sum = a + b;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }
}
