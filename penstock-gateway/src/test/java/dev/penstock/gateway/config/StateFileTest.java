package dev.penstock.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StateFileTest {
    private static final Instant NOON = Instant.parse("2026-11-24T12:00:00Z");
    private static final Tenant SEARCH =
            TenantBudgetsTest.tenant("search", TenantBudgetsTest.tokens(1_000, Budget.Period.DAY));

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("gateway.state");
    }

    private static BudgetHold aside(TenantBudgets budgets, long tokens) {
        return TenantBudgetsTest.within(budgets.setAside(SEARCH, OptionalLong.of(tokens), OptionalLong.of(7), NOON));
    }

    @Test
    void whatWasSpentIsKnownAfterARestart() throws IOException {
        try (TenantBudgets budgets = TenantBudgets.open(file)) {
            budgets.settle(aside(budgets, 800), 300, 5);
        }
        assertThat(Files.readString(file)).isEqualToIgnoringWhitespace("""
                {"format": "penstock-gateway-state", "version": 1, "tenants": {
                  "search": {"per": "day", "from": "2026-11-24T00:00:00Z", "tokens": 300, "nano_dollars": 5}}}
                """);
        try (TenantBudgets budgets = TenantBudgets.open(file)) {
            assertThat(budgets.left(SEARCH, NOON)).contains("700 of 1,000 tokens left today (UTC)");
            assertThat(budgets.left(SEARCH, NOON.plus(Duration.ofDays(1))))
                    .contains("1,000 of 1,000 tokens left today (UTC)");
        }
    }

    /** A copy of the file is what a killed process leaves; its lock is gone with it. */
    @Test
    void whatRanWhenTheProcessWasKilledCountsAtItsWorst() throws IOException {
        Path left = folder.resolve("left.state");
        try (TenantBudgets budgets = TenantBudgets.open(file)) {
            budgets.settle(aside(budgets, 300), 100, 0);
            BudgetHold running = aside(budgets, 500);
            budgets.store();
            Files.copy(file, left);
            budgets.settle(running, 1, 0);
        }
        try (TenantBudgets budgets = TenantBudgets.open(left)) {
            assertThat(budgets.left(SEARCH, NOON)).contains("400 of 1,000 tokens left today (UTC)");
        }
        try (TenantBudgets budgets = TenantBudgets.open(file)) {
            assertThat(budgets.left(SEARCH, NOON)).contains("899 of 1,000 tokens left today (UTC)");
        }
    }

    @Test
    void nothingIsWrittenWithoutAChange() throws IOException {
        try (TenantBudgets budgets = TenantBudgets.open(file)) {
            budgets.settle(aside(budgets, 300), 100, 0);
            budgets.store();
            Files.delete(file);
            budgets.store();
            assertThat(file).doesNotExist();
            budgets.settle(aside(budgets, 300), 100, 0);
            budgets.store();
            assertThat(file).exists();
        }
    }

    @Test
    void aNewFileIsBegunAtOnceSoThatAFolderThatCannotBeWrittenToIsFoundAtTheStart() throws IOException {
        TenantBudgets.open(file).close();
        assertThat(file).exists();
        TenantBudgets.open(file).close();
        assertThatExceptionOfType(StateFileException.class)
                .isThrownBy(() -> TenantBudgets.open(folder.resolve("missing/gateway.state")))
                .withMessage(
                        "%s/missing/gateway.state is in a folder that does not exist; create the folder, or name another as"
                                + " state",
                        folder);
    }

    @Test
    void aWriteThatFailsIsTriedAgain() throws IOException {
        try (TenantBudgets budgets = TenantBudgets.open(file)) {
            budgets.settle(aside(budgets, 300), 100, 0);
            Path part = Files.createDirectory(folder.resolve("gateway.state.part"));
            assertThatIOException().isThrownBy(budgets::store);
            Files.delete(part);
            budgets.store();
        }
        try (TenantBudgets budgets = TenantBudgets.open(file)) {
            assertThat(budgets.left(SEARCH, NOON)).contains("900 of 1,000 tokens left today (UTC)");
        }
    }

    @Test
    void halfAFileOfAnEarlierWriteIsInNobodysWay() throws IOException {
        Files.writeString(folder.resolve("gateway.state.part"), "{\"format\": \"pen");
        try (TenantBudgets budgets = TenantBudgets.open(file)) {
            budgets.settle(aside(budgets, 300), 100, 0);
        }
        try (TenantBudgets budgets = TenantBudgets.open(file)) {
            assertThat(budgets.left(SEARCH, NOON)).contains("900 of 1,000 tokens left today (UTC)");
        }
        assertThat(folder.resolve("gateway.state.part")).doesNotExist();
    }

    @Test
    void aLinkGoesOnPointingToTheFile() throws IOException {
        Path real = folder.resolve("real.state");
        TenantBudgets.open(real).close();
        Files.createSymbolicLink(file, real);
        try (TenantBudgets budgets = TenantBudgets.open(file)) {
            budgets.settle(aside(budgets, 300), 100, 0);
        }
        assertThat(file).isSymbolicLink();
        assertThat(Files.readString(real)).contains("search");
    }

    @Test
    void oneGatewayAtATimeHasTheFile() throws IOException {
        try (TenantBudgets first = TenantBudgets.open(file)) {
            assertThatExceptionOfType(StateFileException.class)
                    .isThrownBy(() -> TenantBudgets.open(file))
                    .withMessage(
                            "%s is used by another gateway; two would overwrite each other's sums; stop the other, or give"
                                    + " this one a state of its own",
                            file);
            first.store();
        }
        TenantBudgets.open(file).close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|is not a state file of this version: no object",
                "`queue: {requests: 5}`|is damaged at line 1, column 1",
                "`{\"format\": \"penstock-gateway-st`|is damaged at line 1, column 32",
                "`{}`|is not a state file of this version: no format",
                "`{\"format\": \"other\"}`|is not a state file of this version: another format",
                "`{\"format\": \"penstock-gateway-state\", \"version\": 2}`"
                        + "|is not a state file of this version: version 2, this Penstock reads 1",
                "`{\"format\": \"penstock-gateway-state\", \"version\": 1, \"tenants\": {\"a\": {\"per\": \"day\"}}}`"
                        + "|is not a state file of this version: a tenant without all of per, from, tokens and nano_dollars",
                "`{\"format\": \"penstock-gateway-state\", \"version\": 1, \"tenants\": {\"a\": {\"per\": \"day\","
                        + " \"from\": \"2026-11-24T00:00:00Z\", \"tokens\": -1, \"nano_dollars\": 0}}}`"
                        + "|is not a state file of this version: tokens is negative",
                "`{\"format\": \"penstock-gateway-state\", \"version\": 1, \"tenants\": {\"a\": {\"per\": \"year\","
                        + " \"from\": \"2026-11-24T00:00:00Z\", \"tokens\": 1, \"nano_dollars\": 0}}}`"
                        + "|is not a state file of this version: a period that is none",
                "`{\"format\": \"penstock-gateway-state\", \"version\": 1, \"tenants\": {}} {}`"
                        + "|is not a state file of this version: something after the object",
                "`{\"format\": \"penstock-gateway-state\", \"version\": 1, \"tenants\": {\"a\": {}, \"a\": {}}}`"
                        + "|is not a state file of this version: a tenant without all of per, from, tokens and nano_dollars"
            })
    void aFileThatIsDamagedOrAnotherProgramsIsNeverTakenForZero(String content, String what) throws IOException {
        Files.writeString(file, content);
        for (int attempt = 1; attempt <= 2; attempt++) {
            assertThatExceptionOfType(StateFileException.class)
                    .isThrownBy(() -> TenantBudgets.open(file))
                    .withMessage(
                            "%s %s; it says what budgets have spent, so it is not guessed at; put a copy of it back, or delete"
                                    + " it to let every budget begin at zero",
                            file, what);
        }
        assertThat(file).as("and left as it is").hasContent(content);
    }
}
