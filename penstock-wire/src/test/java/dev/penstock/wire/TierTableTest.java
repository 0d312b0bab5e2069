package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TierTableTest {
    private static final TierTable TABLE = TierTable.builtIn();

    @ParameterizedTest
    @CsvSource({
        "free, 3, 200, 40000, no billing",
        "1, 500, 10000, 200000, $5 paid",
        "2, 5000, , 2000000, $50 paid and 7 days",
        "3, 5000, , 4000000, $100 paid and 7 days",
        "4, 10000, , 10000000, $250 paid and 14 days",
        "5, 10000, , 30000000, '$1,000 paid and 30 days'"
    })
    void holdsTheGuidesTableUnderItsOwnName(String tier, long rpm, @Nullable Long rpd, long tpm, String requires) {
        TierRow row = TABLE.preferring("guide-2026-06").find("gpt-4o", tier).orElseThrow();
        assertThat(row.source()).isEqualTo("guide-2026-06");
        assertThat(row.requestsPerMinute()).hasValue(rpm);
        assertThat(row.requestsPerDay()).isEqualTo(rpd == null ? OptionalLong.empty() : OptionalLong.of(rpd));
        assertThat(row.tokensPerMinute()).hasValue(tpm);
        assertThat(row.requires()).isEqualTo(requires);
    }

    @ParameterizedTest
    @CsvSource({
        "gpt-4o, 1, 500, , 30000, 90000",
        "gpt-4o, 2, 5000, , 450000, 1350000",
        "gpt-4o, 3, 5000, , 800000, 50000000",
        "gpt-4o, 4, 10000, , 2000000, 200000000",
        "gpt-4o, 5, 10000, , 30000000, 5000000000",
        "gpt-4.1, 2, 5000, , 450000, 1350000",
        "gpt-4o-mini, 1, 500, 10000, 200000, 2000000",
        "gpt-4o-mini, 2, 5000, , 2000000, 20000000",
        "gpt-4o-mini, 5, 30000, , 150000000, 15000000000",
        "gpt-4.1-mini, 4, 10000, , 10000000, 1000000000",
        "gpt-4.1-long-context, 3, 500, , 1000000, 40000000",
        "gpt-5, 1, 500, , 500000, 1500000",
        "gpt-6-sol, 5, 15000, , 40000000, 15000000000",
        "gpt-5-mini, 5, 30000, , 180000000, 15000000000",
        "gpt-5-mini, 3, 5000, , 4000000, 40000000"
    })
    void theModelPagesWinOverTheGuide(String family, String tier, long rpm, @Nullable Long rpd, long tpm, long queue) {
        TierRow row = TABLE.find(family, tier).orElseThrow();
        assertThat(row.source()).isEqualTo("model-pages-2026");
        assertThat(row.requestsPerMinute()).hasValue(rpm);
        assertThat(row.requestsPerDay()).isEqualTo(rpd == null ? OptionalLong.empty() : OptionalLong.of(rpd));
        assertThat(row.tokensPerMinute()).hasValue(tpm);
        assertThat(row.batchQueueTokens()).hasValue(queue);
    }

    @Test
    void everyRowNamesItsSourceAndDate() {
        assertThat(TABLE.rows()).hasSizeGreaterThan(80).allSatisfy(row -> {
            assertThat(row.source()).isNotEmpty();
            assertThat(row.url()).isNotEmpty();
            assertThat(row.date()).matches("\\d{4}-\\d{2}(-\\d{2})?");
            assertThat(row.tier()).matches("free|[1-5]");
            assertThat(row.limits()).isNotEmpty();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "tier-1", "Tier 1", "tier1", "T1", " TIER_1 "})
    void aTierHasManySpellings(String tier) {
        assertThat(TABLE.find("gpt-4o-mini-2024-07-18", tier))
                .isEqualTo(TABLE.find("gpt-4o-mini", "1"))
                .isPresent();
    }

    @Test
    void anUnknownModelOrTierHasNoRow() {
        assertThat(TABLE.find("gpt-4o", "6")).isEmpty();
        assertThat(TABLE.find("llama-3.3-70b", "1")).isEmpty();
        assertThat(TABLE.find("gpt-4o", "tier")).isEmpty();
    }

    @Test
    void aRowListsItsLimits() {
        assertThat(TABLE.find("gpt-4o-mini", "1").orElseThrow().limits())
                .containsExactly(
                        new Limit(Dimension.REQUESTS_PER_MINUTE, 500),
                        new Limit(Dimension.REQUESTS_PER_DAY, 10_000),
                        new Limit(Dimension.TOKENS_PER_MINUTE, 200_000));
    }

    @Test
    void theHiddenRequestLimitIsInferredFromTheShownOnes() {
        List<LimitState> seen = List.of(
                new LimitState(new Limit(Dimension.REQUESTS_PER_DAY, 10_000), 9_999),
                new LimitState(new Limit(Dimension.TOKENS_PER_MINUTE, 200_000), 199_978));
        TierRow row = TABLE.matching("gpt-4o-mini", seen).orElseThrow();
        assertThat(row.tier()).isEqualTo("1");
        assertThat(row.requestsPerMinute()).hasValue(500);
    }

    @ParameterizedTest
    @CsvSource({"199, 300ms, false", "190, 3s, false", "199, 7m12s, true", "190, 13h0m0s, true", "200, 0s, true"})
    void aResetThatIsTooShortForADayIsNotOfADailyLimit(long remaining, String reset, boolean matches) {
        List<LimitState> seen = RateLimitHeaders.read(HeaderLookup.of(Map.of(
                "x-ratelimit-limit-requests",
                "200",
                "x-ratelimit-remaining-requests",
                "" + remaining,
                "x-ratelimit-reset-requests",
                reset)));
        assertThat(TABLE.matching("gpt-4o-mini", seen).isPresent()).isEqualTo(matches);
    }

    @Test
    void limitsOfTheGuideAreMatchedToo() {
        List<LimitState> seen = List.of(
                new LimitState(new Limit(Dimension.REQUESTS_PER_MINUTE, 5_000), 4_999),
                new LimitState(new Limit(Dimension.TOKENS_PER_MINUTE, 2_000_000), 1_999_000));
        assertThat(TABLE.matching("gpt-4o", seen).orElseThrow().source()).isEqualTo("guide-2026-06");
    }

    @Test
    void nothingIsInferredFromNothingOrFromAmbiguousLimits() {
        assertThat(TABLE.matching("gpt-4o", List.of())).isEmpty();
        // 2,000,000 tokens alone fit Tier 4 of the model page and Tier 2 of the guide.
        LimitState tokens = new LimitState(new Limit(Dimension.TOKENS_PER_MINUTE, 2_000_000), 1_999_000);
        assertThat(TABLE.matching("gpt-4o", List.of(tokens))).isEmpty();
        LimitState project = new LimitState(new Limit(Dimension.PROJECT_TOKENS_PER_MINUTE, 30_000), 1);
        assertThat(TABLE.matching("gpt-4o", List.of(project))).isEmpty();
    }

    @Test
    void aUsersFileWins(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("tiers.csv");
        Files.writeString(file, """
                # my account
                family,tier,rpm,tpm,requires
                gpt-4o,Tier 1,700,60_000,"asked, and got it"
                in-house,free,10,,
                """);
        TierTable mine = TABLE.overriddenBy(file);
        TierRow row = mine.find("gpt-4o", "1").orElseThrow();
        assertThat(row.requestsPerMinute()).hasValue(700);
        assertThat(row.tokensPerMinute()).hasValue(60_000);
        assertThat(row.requires()).isEqualTo("asked, and got it");
        assertThat(row.source()).isEqualTo(file.toString());
        assertThat(mine.find("in-house", "free").orElseThrow().tokensPerMinute())
                .isEmpty();
        assertThat(mine.find("gpt-4o", "2")).isEqualTo(TABLE.find("gpt-4o", "2"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "family,tier,rpm\\ngpt-4o,1,many          | line 2: rpm is \"many\"",
                "family,tier,rpm\\ngpt-4o,1,-5            | line 2: rpm is \"-5\"",
                "family,tier,rmp\\ngpt-4o,1,5             | line 1: names the column \"rmp\"",
                "family,rpm\\ngpt-4o,5                    | line 1: does not name the column \"tier\"",
                "family,tier,tier\\ngpt-4o,5,5            | line 1: names the column \"tier\" twice",
                "# x\\nfamily,tier,rpm\\n\\ngpt-4o,1      | line 4: has 2 fields",
                "family,tier,rpm\\n,1,5                   | line 2: has no family",
                "family,tier,rpm\\ngpt-4o,\"1,5           | line 2: opens a quote in column 8",
                "# only a comment                         | is empty"
            })
    void aWrongFileIsRefusedByLine(String text, String message, @TempDir Path directory) throws IOException {
        Path file = directory.resolve("wrong.csv");
        Files.writeString(file, text.replace("\\n", "\n"));
        assertThatThrownBy(() -> TABLE.overriddenBy(file))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(message);
    }

    @Test
    void aMissingFileIsNamed(@TempDir Path directory) {
        assertThatThrownBy(() -> TierTable.load(directory.resolve("none.csv")))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining("none.csv does not exist");
    }
}
