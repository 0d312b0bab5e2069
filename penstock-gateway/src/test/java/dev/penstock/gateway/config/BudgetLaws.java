package dev.penstock.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds of a budget, whatever happens in which order. */
final class BudgetLaws {
    private static final long BUDGET = 10_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void requestsThatUseAtMostWhatTheySetAsideNeverSpendMoreThanTheBudgetOfTheirPeriod(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        TenantBudgets budgets = TenantBudgets.forgetful();
        Tenant tenant = TenantBudgetsTest.tenant("search", TenantBudgetsTest.tokens(BUDGET, Budget.Period.HOUR));
        record Running(BudgetHold aside, long most, Instant hour) {}
        List<Running> running = new ArrayList<>();
        Map<Instant, Long> used = new HashMap<>();
        Instant now = Instant.parse("2026-11-24T12:00:00Z");
        int refused = 0;
        for (int i = 0; i < 5_000; i++) {
            now = now.plus(Duration.ofSeconds(random.nextInt(60)));
            if (random.nextInt(3) > 0) {
                long most = 1 + random.nextLong(2_000);
                BudgetDecision decision = budgets.setAside(tenant, OptionalLong.of(most), OptionalLong.empty(), now);
                switch (decision) {
                    case BudgetDecision.Within within ->
                        running.add(new Running(within.aside(), most, Budget.Period.HOUR.startOf(now)));
                    case BudgetDecision.HeldUp heldUp ->
                        assertThat(running)
                                .as("somebody whose end can be waited for, seed %d", seed)
                                .isNotEmpty();
                    case BudgetDecision.Spent spent -> {
                        refused++;
                        assertThat(now.plus(spent.retryIn().orElseThrow()))
                                .as("the next hour, seed %d", seed)
                                .isEqualTo(Budget.Period.HOUR.startOf(now).plus(Duration.ofHours(1)));
                    }
                }
            } else if (!running.isEmpty()) {
                Running ending = running.remove(random.nextInt(running.size()));
                long tokens = random.nextLong(ending.most + 1);
                budgets.settle(ending.aside, tokens, 0);
                used.merge(ending.hour, tokens, Long::sum);
            }
        }
        assertThat(used.values()).as("seed %d", seed).allMatch(tokens -> tokens <= BUDGET);
        assertThat(used.values()).as("the budget is used, seed %d", seed).anyMatch(tokens -> tokens > BUDGET / 2);
        assertThat(refused).as("seed %d", seed).isPositive();
    }
}
