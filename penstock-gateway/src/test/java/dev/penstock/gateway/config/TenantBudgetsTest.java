package dev.penstock.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.penstock.queue.Priority;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class TenantBudgetsTest {
    private static final Instant NOON = Instant.parse("2026-11-24T12:00:00Z");
    private static final long CENT = 10_000_000;

    private final TenantBudgets budgets = TenantBudgets.forgetful();

    static Tenant tenant(String name, Budget budget) {
        return new Tenant(name, 1, Priority.NORMAL, List.of(), List.of(), OptionalInt.empty(), Optional.of(budget));
    }

    static Budget tokens(long tokens, Budget.Period period) {
        return new Budget(OptionalLong.of(tokens), Optional.empty(), period);
    }

    private static Budget dollars(String dollars, Budget.Period period) {
        return new Budget(OptionalLong.empty(), Optional.of(new BigDecimal(dollars)), period);
    }

    private BudgetDecision ask(Tenant tenant, long tokens, Instant now) {
        return budgets.setAside(tenant, OptionalLong.of(tokens), OptionalLong.empty(), now);
    }

    private BudgetHold within(Tenant tenant, long tokens, Instant now) {
        return within(ask(tenant, tokens, now));
    }

    static BudgetHold within(BudgetDecision decision) {
        assertThat(decision).isInstanceOf(BudgetDecision.Within.class);
        return ((BudgetDecision.Within) decision).aside();
    }

    private void spend(Tenant tenant, long tokens, Instant now) {
        budgets.settle(within(tenant, tokens, now), tokens, 0);
    }

    @Test
    void whatIsSpentIsRefusedUntilTheDayIsOver() {
        Tenant search = tenant("search", tokens(1_000_000, Budget.Period.DAY));
        spend(search, 999_000, NOON);
        assertThat(ask(search, 1_001, NOON.plusNanos(1)))
                .isEqualTo(new BudgetDecision.Spent(
                        Optional.of(Duration.ofHours(12).minusNanos(1)),
                        "the budget of search has 1,000 of 1,000,000 tokens left today (UTC), and this request may take"
                                + " 1,001 tokens; it begins anew in 12 h 0 min, at 2026-11-25 00:00 UTC"));
        spend(search, 1_000, NOON);
        Instant midnight = Instant.parse("2026-11-25T00:00:00Z");
        assertThat(ask(search, 1, midnight.minusNanos(1)))
                .isInstanceOfSatisfying(
                        BudgetDecision.Spent.class,
                        spent -> assertThat(spent.retryIn()).contains(Duration.ofNanos(1)));
        spend(search, 1_000_000, midnight);
    }

    @Test
    void whatRunsHoldsOthersUpAndWhatItDidNotUseIsFreeAgain() {
        Tenant search = tenant("search", tokens(1_000, Budget.Period.HOUR));
        BudgetHold running = within(search, 800, NOON);
        assertThat(ask(search, 300, NOON))
                .isEqualTo(new BudgetDecision.HeldUp(
                        "the budget of search has 1,000 of 1,000 tokens left this hour, and this request may take 300"
                                + " tokens; the rest is set aside for requests that run"));
        budgets.settle(running, 100, 0);
        within(search, 900, NOON);
    }

    @Test
    void aRequestLargerThanTheWholeBudgetIsNotToldToWait() {
        Tenant search = tenant("search", tokens(1_000, Budget.Period.HOUR));
        assertThat(ask(search, 1_001, NOON))
                .isEqualTo(new BudgetDecision.Spent(
                        Optional.empty(),
                        "the budget of search has 1,000 of 1,000 tokens left this hour, and this request may take 1,001"
                                + " tokens, more than all of it; set a smaller maximum output, or raise the budget"));
    }

    @Test
    void aBudgetForEverDoesNotBeginAnew() {
        Tenant search = tenant("search", tokens(1_000, Budget.Period.FOREVER));
        spend(search, 1_000, NOON);
        assertThat(ask(search, 1, NOON.plus(Duration.ofDays(3_000))))
                .isEqualTo(new BudgetDecision.Spent(
                        Optional.empty(),
                        "the budget of search has 0 of 1,000 tokens left, and this request may take 1 tokens; it does not"
                                + " begin anew; raise the budget"));
    }

    @Test
    void aMonthEndsWithItsLastDay() {
        Tenant search = tenant("search", tokens(1_000, Budget.Period.MONTH));
        Instant february = Instant.parse("2028-02-10T00:00:00Z");
        spend(search, 1_000, february);
        assertThat(ask(search, 1, february))
                .isInstanceOfSatisfying(
                        BudgetDecision.Spent.class,
                        spent -> assertThat(spent.retryIn()).as("a leap year").contains(Duration.ofDays(20)));
        spend(search, 1_000, Instant.parse("2028-03-01T00:00:00Z"));
    }

    @Test
    void tokensAndDollarsMustBothFit() {
        Tenant both = tenant(
                "both", new Budget(OptionalLong.of(1_000), Optional.of(new BigDecimal("0.10")), Budget.Period.DAY));
        budgets.settle(
                within(budgets.setAside(both, OptionalLong.of(10), OptionalLong.of(9 * CENT), NOON)), 10, 9 * CENT);
        assertThat(budgets.setAside(both, OptionalLong.of(10), OptionalLong.of(CENT + 1), NOON))
                .isInstanceOfSatisfying(
                        BudgetDecision.Spent.class,
                        spent -> assertThat(spent.explanation())
                                .startsWith(
                                        "the budget of both has 990 of 1,000 tokens and $0.01 of $0.10 left today (UTC), and"
                                                + " this request may take 10 tokens and $0.0101;"));
        assertThat(budgets.setAside(both, OptionalLong.of(991), OptionalLong.of(CENT), NOON))
                .isInstanceOf(BudgetDecision.Spent.class);
        within(budgets.setAside(both, OptionalLong.of(990), OptionalLong.of(CENT), NOON));
    }

    @Test
    void whatHasNoPriceIsRefusedToABudgetInDollars() {
        assertThat(ask(tenant("search", dollars("5", Budget.Period.DAY)), 10, NOON))
                .isEqualTo(new BudgetDecision.Spent(
                        Optional.empty(),
                        "the budget of search is in dollars, and nothing bounds what this request costs; use a model whose"
                                + " price is known and set a maximum output, or add the price with --prices"));
    }

    @Test
    void whoHasNoBudgetMaySpendAnything() {
        Tenant free = Tenant.unknown("free");
        BudgetHold aside = within(free, Long.MAX_VALUE, NOON);
        budgets.settle(aside, Long.MAX_VALUE, Long.MAX_VALUE);
        within(free, Long.MAX_VALUE, NOON);
        assertThat(budgets.left(free, NOON)).isEmpty();
    }

    @Test
    void aRequestIsSettledOnce() {
        Tenant search = tenant("search", tokens(1_000, Budget.Period.HOUR));
        BudgetHold aside = within(search, 500, NOON);
        budgets.settle(aside, 400, 0);
        budgets.settle(aside, 400, 0);
        budgets.settleAtWorst(aside);
        assertThat(budgets.left(search, NOON)).contains("600 of 1,000 tokens left this hour");
        within(search, 600, NOON);
    }

    @Test
    void aRequestThatNobodyCanTellCountsAtItsWorst() {
        Tenant search = tenant("search", tokens(1_000, Budget.Period.HOUR));
        budgets.settleAtWorst(within(search, 500, NOON));
        assertThat(budgets.left(search, NOON)).contains("500 of 1,000 tokens left this hour");
    }

    @Test
    void aRequestThatUsedMoreThanItsEstimateIsTakenOffToo() {
        Tenant search = tenant("search", tokens(1_000, Budget.Period.HOUR));
        budgets.settle(within(search, 500, NOON), 1_500, 0);
        assertThat(budgets.left(search, NOON)).contains("0 of 1,000 tokens left this hour");
        assertThat(ask(search, 1, NOON)).isInstanceOf(BudgetDecision.Spent.class);
    }

    @Test
    void aRequestCountsInThePeriodInWhichItWasSent() {
        Tenant search = tenant("search", tokens(1_000, Budget.Period.HOUR));
        BudgetHold late = within(search, 1_000, NOON);
        Instant nextHour = NOON.plus(Duration.ofHours(1));
        BudgetHold next = within(search, 1_000, nextHour);
        budgets.settle(late, 1_000, 0);
        assertThat(ask(search, 1, nextHour)).isInstanceOf(BudgetDecision.HeldUp.class);
        budgets.settle(next, 0, 0);
        within(search, 1_000, nextHour);
    }

    @Test
    void aClockThatIsSetBackGivesNoBudgetTwice() {
        Tenant search = tenant("search", tokens(1_000, Budget.Period.DAY));
        Instant justAfterMidnight = Instant.parse("2026-11-24T00:00:30Z");
        spend(search, 1_000, justAfterMidnight);
        assertThat(ask(search, 1, justAfterMidnight.minusSeconds(60)))
                .isInstanceOfSatisfying(
                        BudgetDecision.Spent.class,
                        spent -> assertThat(spent.retryIn())
                                .contains(Duration.ofDays(1).plusSeconds(30)));
        assertThat(ask(search, 1, justAfterMidnight)).isInstanceOf(BudgetDecision.Spent.class);
    }

    @Test
    void aClockThatWasYearsAheadDoesNotHoldABudgetForYears() {
        Tenant search = tenant("search", tokens(1_000, Budget.Period.DAY));
        spend(search, 1_000, Instant.parse("2099-01-01T12:00:00Z"));
        assertThat(ask(search, 1, NOON))
                .isInstanceOfSatisfying(
                        BudgetDecision.Spent.class,
                        spent -> assertThat(spent.retryIn()).contains(Duration.ofHours(12)));
    }

    @Test
    void aBudgetThatIsChangedKeepsWhatWasSpent() {
        spend(tenant("search", tokens(1_000, Budget.Period.DAY)), 900, NOON);
        assertThat(ask(tenant("search", tokens(1_000, Budget.Period.MONTH)), 101, NOON))
                .isInstanceOf(BudgetDecision.Spent.class);
        within(tenant("search", tokens(2_000, Budget.Period.MONTH)), 1_100, NOON);
        assertThat(ask(tenant("search", tokens(500, Budget.Period.MONTH)), 1, NOON))
                .isInstanceOf(BudgetDecision.Spent.class);
    }

    @Test
    void tenantsHaveBudgetsOfTheirOwn() {
        Tenant search = tenant("search", tokens(1_000, Budget.Period.DAY));
        Tenant reports = tenant("reports", tokens(1_000, Budget.Period.DAY));
        spend(search, 1_000, NOON);
        spend(reports, 1_000, NOON);
        assertThat(budgets.left(search, NOON)).contains("0 of 1,000 tokens left today (UTC)");
    }

    @Test
    void whatIsLeftIsToldInWords() {
        Tenant both = tenant(
                "both",
                new Budget(OptionalLong.of(1_000_000), Optional.of(new BigDecimal("1234.5")), Budget.Period.MONTH));
        assertThat(budgets.left(both, NOON))
                .contains("1,000,000 of 1,000,000 tokens and $1,234.50 of $1,234.50 left this month (UTC)");
        budgets.settle(within(budgets.setAside(both, OptionalLong.of(5), OptionalLong.of(1_234), NOON)), 5, 1_234);
        assertThat(budgets.left(both, NOON))
                .contains("999,995 of 1,000,000 tokens and $1,234.4999 of $1,234.50 left this month (UTC)");
        assertThat(budgets.left(both, NOON.plus(Duration.ofDays(7))))
                .as("December")
                .contains("1,000,000 of 1,000,000 tokens and $1,234.50 of $1,234.50 left this month (UTC)");
    }

    @Test
    void amountsBelowZeroAreRefused() {
        Tenant search = tenant("search", tokens(1_000, Budget.Period.DAY));
        assertThatIllegalArgumentException().isThrownBy(() -> ask(search, -1, NOON));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> budgets.settle(within(search, 1, NOON), -1, 0))
                .withMessage("used -1 tokens and 0 nano-dollars; it must be 0 or more");
    }

    @Test
    void aBudgetOfNothingIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Budget(OptionalLong.empty(), Optional.empty(), Budget.Period.DAY))
                .withMessage("a budget has neither tokens nor dollars; give one of them or both");
        assertThatIllegalArgumentException().isThrownBy(() -> tokens(0, Budget.Period.DAY));
        assertThatIllegalArgumentException().isThrownBy(() -> dollars("0", Budget.Period.DAY));
        assertThatIllegalArgumentException().isThrownBy(() -> dollars("1000000000.01", Budget.Period.DAY));
    }

    @Test
    void waitsAreSaidAsPeopleSayThem() {
        assertThat(BudgetWords.wait(Duration.ofNanos(1))).isEqualTo("1 s");
        assertThat(BudgetWords.wait(Duration.ofSeconds(119))).isEqualTo("119 s");
        assertThat(BudgetWords.wait(Duration.ofSeconds(121))).isEqualTo("3 min");
        assertThat(BudgetWords.wait(Duration.ofMinutes(190))).isEqualTo("3 h 10 min");
        assertThat(BudgetWords.wait(Duration.ofHours(51))).isEqualTo("2 days 3 h");
    }
}
