package dev.penstock.gateway.config;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * What tenants have spent of their budgets. Before a request is sent, what it may cost is set aside; its end turns that
 * into what it did cost. What is spent and set aside together does not exceed a budget, unless a request costs more than
 * was set aside for it.
 *
 * <p>A request counts in the period in which it was sent. Accounts go by the tenants' names, so that a tenant keeps what
 * it has spent when the configuration is read again.
 *
 * <p>Safe for use by several threads. Wall time is an argument; a clock that is set back gives no budget twice.
 */
public final class TenantBudgets implements Closeable {
    private final Object lock = new Object();

    /** Guarded by {@code lock}, with everything in it and all holds. */
    private final Map<String, BudgetAccount> accounts = new HashMap<>();

    /** Guarded by {@code lock}. */
    private long changes;

    /** So that a write that waits for the disk holds nobody up, and two do not run at a time. Taken before the other. */
    private final Object storing = new Object();

    /** Guarded by {@code storing}. */
    private long stored;

    private final Optional<StateFile> file;

    private TenantBudgets(Optional<StateFile> file, Map<String, SpentBudget> spent) {
        this.file = file;
        spent.forEach((name, each) -> accounts.put(name, new BudgetAccount(each)));
    }

    /** Budgets that begin at zero and are forgotten at the end. */
    public static TenantBudgets forgetful() {
        return new TenantBudgets(Optional.empty(), Map.of());
    }

    /**
     * Budgets that are kept in a file, which is begun if there is none.
     *
     * @throws StateFileException if it is damaged, another program's or used by another gateway, or cannot be written
     */
    public static TenantBudgets open(Path state) {
        StateFile file = StateFile.open(state);
        try {
            return new TenantBudgets(Optional.of(file), file.read());
        } catch (StateFileException e) {
            try {
                file.close();
            } catch (IOException closing) {
                e.addSuppressed(closing);
            }
            throw e;
        }
    }

    /**
     * Sets aside what a request may cost, or says why not. A tenant without a budget may always.
     *
     * @param mostTokens that it may take, 0 or more; empty if nothing bounds them
     * @param nanoDollars the same in billionths of a dollar; empty if the price is not known or nothing bounds it
     */
    public BudgetDecision setAside(Tenant tenant, OptionalLong mostTokens, OptionalLong nanoDollars, Instant now) {
        long tokens = mostTokens.orElse(0);
        if (tokens < 0 || nanoDollars.orElse(0) < 0) {
            throw new IllegalArgumentException(
                    "a request of " + tokens + " tokens and " + nanoDollars + " nano-dollars; it must be 0 or more");
        }
        if (tenant.budget().isEmpty()) {
            return new BudgetDecision.Within(BudgetHold.ofNothing());
        }
        Budget budget = tenant.budget().get();
        if (budget.dollars().isPresent() && nanoDollars.isEmpty()) {
            return new BudgetDecision.Spent(
                    Optional.empty(),
                    "the budget of " + tenant.name()
                            + " is in dollars, and nothing bounds what this request costs; use a"
                            + " model whose price is known and set a maximum output, or add the price with --prices");
        }
        if (budget.tokens().isPresent() && mostTokens.isEmpty()) {
            return new BudgetDecision.Spent(
                    Optional.empty(),
                    "the budget of " + tenant.name()
                            + " is in tokens, and nothing bounds how many this request takes; set a"
                            + " maximum output; pictures and sound are not counted in tokens");
        }
        long money = nanoDollars.orElse(0);
        synchronized (lock) {
            BudgetAccount account = account(tenant.name(), budget.period(), now);
            boolean fits = fits(budget.tokens(), account.tokens(), account.asideTokens(), tokens)
                    && fits(budget.nanoDollars(), account.nanoDollars(), account.asideNanoDollars(), money);
            if (fits) {
                changes++;
                return new BudgetDecision.Within(account.setAside(tokens, money));
            }
            String asked = "the budget of " + tenant.name() + " has " + BudgetWords.left(budget, account)
                    + ", and this request may take " + BudgetWords.request(budget, tokens, money);
            if (fits(budget.tokens(), account.tokens(), 0, tokens)
                    && fits(budget.nanoDollars(), account.nanoDollars(), 0, money)) {
                return new BudgetDecision.HeldUp(asked + "; the rest is set aside for requests that run");
            }
            if (!fits(budget.tokens(), 0, 0, tokens) || !fits(budget.nanoDollars(), 0, 0, money)) {
                return new BudgetDecision.Spent(
                        Optional.empty(),
                        asked + ", more than all of it; set a smaller maximum output, or raise the budget");
            }
            return spent(budget, account, asked, now);
        }
    }

    private static BudgetDecision spent(Budget budget, BudgetAccount account, String asked, Instant now) {
        Optional<Instant> end = budget.period().endOf(account.from());
        if (end.isEmpty()) {
            return new BudgetDecision.Spent(Optional.empty(), asked + "; it does not begin anew; raise the budget");
        }
        Duration wait = Duration.between(now, end.get());
        return new BudgetDecision.Spent(
                Optional.of(wait),
                asked + "; it begins anew in " + BudgetWords.wait(wait) + ", at " + BudgetWords.moment(end.get()));
    }

    private static boolean fits(OptionalLong most, long spent, long aside, long more) {
        return most.isEmpty() || BudgetAccount.plus(BudgetAccount.plus(spent, aside), more) <= most.getAsLong();
    }

    /**
     * Turns what was set aside into what a request has used; 0 and 0 if it was never sent. A second time does nothing.
     *
     * @param nanoDollars billionths of a dollar; 0 if the price is not known
     */
    public void settle(BudgetHold aside, long tokens, long nanoDollars) {
        if (tokens < 0 || nanoDollars < 0) {
            throw new IllegalArgumentException(
                    "used " + tokens + " tokens and " + nanoDollars + " nano-dollars; it must be 0 or more");
        }
        synchronized (lock) {
            if (aside.account.settle(aside, tokens, nanoDollars)) {
                changes++;
            }
        }
    }

    /** Settles a request at all that was set aside, because nobody can tell what it cost. */
    public void settleAtWorst(BudgetHold aside) {
        settle(aside, aside.tokens, aside.nanoDollars);
    }

    /** What a tenant has left of its budget, in words; what runs is not taken off. Empty without a budget. */
    public Optional<String> left(Tenant tenant, Instant now) {
        return tenant.budget().map(budget -> {
            synchronized (lock) {
                return BudgetWords.left(budget, account(tenant.name(), budget.period(), now));
            }
        });
    }

    /** To be called with the lock held. */
    private BudgetAccount account(String tenant, Budget.Period period, Instant now) {
        BudgetAccount account = accounts.computeIfAbsent(
                tenant, name -> new BudgetAccount(new SpentBudget(period, period.startOf(now), 0, 0)));
        account.advance(period, now);
        return account;
    }

    /**
     * Writes the file if something has changed since, and returns when it is on the disk. To be called every second, and
     * once more at the end, where it may wait. What was not stored when the process is killed is forgotten; what was
     * running then counts as if it had cost all that was set aside for it.
     *
     * @throws IOException if it cannot be written; the next call tries again
     */
    public void store() throws IOException {
        if (file.isEmpty()) {
            return;
        }
        synchronized (storing) {
            Map<String, SpentBudget> spent = new TreeMap<>();
            long version;
            synchronized (lock) {
                version = changes;
                accounts.forEach((name, each) -> spent.put(name, each.stored()));
            }
            if (version != stored) {
                file.get().write(spent);
                stored = version;
            }
        }
    }

    /** Stores what is not stored yet, and lets another process have the file. */
    @Override
    public void close() throws IOException {
        try {
            store();
        } finally {
            if (file.isPresent()) {
                file.get().close();
            }
        }
    }
}
