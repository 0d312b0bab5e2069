package dev.penstock.jobs;

import dev.penstock.jobs.batch.PartBudget;
import dev.penstock.jobs.batch.PartCost;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A hard cap on money. Before a request is sent, the most that it can cost is set aside; the answer turns that into what
 * it did cost, or into the worst case where nobody can tell. What is spent and set aside together never exceeds the
 * budget. Amounts are nano-dollars.
 *
 * <p>So that a killed process forgets no money, the job's file holds a mark: at least everything that is not there as
 * the usage of an answer, that is, calls in flight, calls that were lost, and answers that are not stored yet. The mark
 * is written ahead of the calls with some room above, and again with every results, so that it costs few writes. Without
 * a budget there is no mark.
 *
 * <p>What batches can cost is held without a mark: it is in the job's file with their parts, and so is what they have cost.
 *
 * <p>The dispatcher and batches spend; the writer's thread keeps the mark. Safe for use by several threads.
 */
final class SpendGuard implements PartBudget {
    /** Room above the mark, as a share of the budget; what a kill may set aside too much. */
    private static final long SHARE_WRITTEN_AHEAD = 100;

    private static final long NO_BUDGET = Long.MAX_VALUE;

    private final long budgetNanoDollars;
    private long spent;
    /** For live calls. */
    private long setAside;
    /** For batches. */
    private long held;
    /** What must be below the mark. */
    private long unstored;
    /** The least that the file may say at the moment. */
    private long mark;

    private long dearest;
    /** The part of what is spent that was charged at the worst case. */
    private long unsure;

    private volatile Runnable batchesLeftMoney = () -> {};

    /**
     * @param budgetNanoDollars the cap
     * @param spent what the stored answers have cost
     * @param mark the mark of earlier runs
     */
    SpendGuard(long budgetNanoDollars, long spent, long mark) {
        this(budgetNanoDollars, spent, mark, 0, 0);
    }

    /**
     * @param budgetNanoDollars the cap
     * @param spent what the stored answers have cost
     * @param mark the mark of earlier runs
     * @param lostInBatches what batches can have cost beside their stored answers
     * @param held the most that batches can cost that may run
     */
    SpendGuard(long budgetNanoDollars, long spent, long mark, long lostInBatches, long held) {
        this.budgetNanoDollars = budgetNanoDollars;
        this.spent = spent + mark + lostInBatches;
        this.unsure = mark + lostInBatches;
        this.unstored = mark;
        this.mark = mark;
        this.held = held;
    }

    /** Takes up the budget of a job where it stands. */
    static SpendGuard of(RunSettings settings, JobStore store, Optional<BatchTables> batches) {
        if (settings.budgetDollars().isEmpty()) {
            return unlimited();
        }
        BigDecimal spent = store.counts()
                .dollars(settings.prices())
                .orElseThrow(() -> new IllegalStateException("a budget needs the price of all that was spent"));
        return new SpendGuard(
                nanoDollars(settings.budgetDollars().get(), RoundingMode.DOWN),
                nanoDollars(spent, RoundingMode.UP),
                store.spendMark(),
                store.lostInBatches(),
                batches.map(BatchTables::heldNanoDollars).orElse(0L));
    }

    private static long nanoDollars(BigDecimal dollars, RoundingMode rounding) {
        return dollars.movePointRight(9)
                .setScale(0, rounding)
                .min(BigDecimal.valueOf(Long.MAX_VALUE / 4))
                .longValueExact();
    }

    static SpendGuard unlimited() {
        return new SpendGuard(NO_BUDGET, 0, 0);
    }

    private boolean isUnlimited() {
        return budgetNanoDollars == NO_BUDGET;
    }

    synchronized boolean allows(long worstCase) {
        return worstCase <= budgetNanoDollars - spent - setAside - held;
    }

    @Override
    public synchronized boolean hold(long worstCase) {
        if (!allows(worstCase)) {
            return false;
        }
        held += isUnlimited() ? 0 : worstCase;
        return true;
    }

    @Override
    public boolean mayHoldLater(long worstCase) {
        return mayAllowLater(worstCase);
    }

    @Override
    public void free(long worstCase) {
        settle(worstCase, PartCost.NOTHING);
    }

    @Override
    public void settle(long worstCase, PartCost cost) {
        synchronized (this) {
            if (isUnlimited()) {
                return;
            }
            held -= worstCase;
            spent += cost.total();
            unsure += cost.lost();
        }
        batchesLeftMoney.run();
    }

    /** What is neither spent nor set aside; 0 if more than the budget is. */
    synchronized long left() {
        return isUnlimited() ? NO_BUDGET : Math.max(0, budgetNanoDollars - spent - setAside - held);
    }

    /** Whoever waits for money hears when a batch has left some, on the thread that brought its answers. */
    void whenBatchesLeaveMoney(Runnable news) {
        batchesLeftMoney = news;
    }

    /** Why nothing more is sent. */
    String reached() {
        return "The next request might cost more than is left of the budget"
                + unsure().map(dollars -> ", of which " + dollars + " dollars count for calls whose answers never came")
                        .orElse("")
                + ".";
    }

    /** Whether it would be allowed if everything that runs turned out to cost nothing. */
    synchronized boolean mayAllowLater(long worstCase) {
        return worstCase <= budgetNanoDollars - spent;
    }

    /** Whether the mark on the disk has room for it; if not, the next mark will. */
    synchronized boolean isMarked(long worstCase) {
        dearest = Math.max(dearest, worstCase);
        return isUnlimited() || unstored + worstCase <= mark;
    }

    /** Sets money aside if it is still allowed: batches of the same run may have taken it since somebody asked. */
    synchronized boolean trySetAside(long worstCase) {
        if (!allows(worstCase)) {
            return false;
        }
        setAside(worstCase);
        return true;
    }

    synchronized void setAside(long worstCase) {
        setAside += worstCase;
        unstored += worstCase;
    }

    synchronized void settle(long worstCase, long cost) {
        setAside -= worstCase;
        unsure += cost == worstCase ? cost : 0;
        spent += cost;
        unstored += cost - worstCase;
    }

    synchronized long spent() {
        return spent;
    }

    /** What counts for calls whose cost nobody can tell, in dollars; empty if nothing does. */
    synchronized Optional<BigDecimal> unsure() {
        return unsure == 0
                ? Optional.empty()
                : Optional.of(BigDecimal.valueOf(unsure, 9).setScale(4, RoundingMode.UP));
    }

    /** The mark to write now; {@link #marked} must follow once it is on the disk. Empty without a budget. */
    synchronized OptionalLong nextMark() {
        if (isUnlimited()) {
            return OptionalLong.empty();
        }
        long room = Math.max(budgetNanoDollars / SHARE_WRITTEN_AHEAD, 2 * dearest);
        long left = left();
        long next = unstored + Math.min(room, left);
        mark = Math.min(mark, next); // until it is known which of the two is on the disk
        return OptionalLong.of(next);
    }

    /** The mark when nothing is sent any more. Empty if it is there already, or there is no budget. */
    synchronized OptionalLong lastMark() {
        return isUnlimited() || unstored == mark ? OptionalLong.empty() : OptionalLong.of(unstored);
    }

    /**
     * A mark is on the disk.
     *
     * @param storedCost what the answers cost that were stored with it
     */
    synchronized void marked(long newMark, long storedCost) {
        mark = newMark;
        unstored -= storedCost;
    }
}
