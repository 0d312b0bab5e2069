package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.jobs.BatchProgress;
import dev.penstock.jobs.LimitUse;
import dev.penstock.jobs.RunPhase;
import dev.penstock.jobs.RunProgress;
import dev.penstock.jobs.RunRate;
import dev.penstock.jobs.batch.Part;
import dev.penstock.jobs.batch.PartKey;
import dev.penstock.jobs.batch.PartPhase;
import dev.penstock.jobs.batch.PartSize;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.quota.LimitSource;
import dev.penstock.wire.BatchStatus;
import dev.penstock.wire.Usage;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ProgressBlockTest {
    private static final List<LimitUse> LIMITS = List.of(
            use(Dimension.REQUESTS_PER_MINUTE, 500, LimitSource.INFERRED, 0.4, 498.2),
            use(Dimension.TOKENS_PER_MINUTE, 200_000, LimitSource.HEADERS, 120_000, 96_412),
            use(Dimension.REQUESTS_PER_DAY, 10_000, LimitSource.HEADERS, 9_311, 498.2));

    private final ProgressBlock block = new ProgressBlock(Glyphs.of(StandardCharsets.UTF_8), false);

    @Test
    void aWideTerminalShowsEverything() {
        assertThat(text(block, sending(LIMITS), 100, 30)).isEqualTo("""
                  █████████████████████░░░░░░░░░░░░░░░░░░░  52 %  689 of 1,319 rows  ·  1m 15s left
                  requests        ███████████████████░  498 of 500 a minute  ◀ sets the pace
                  requests a day  █░░░░░░░░░░░░░░░░░░░  9,311 of 10,000 left
                  tokens          ██████████░░░░░░░░░░  96,412 of 200,000 a minute
                  calls           17 in flight  ·  no 429  ·  3 failed  ·  5 sent again  ·  2 backing off
                  spent           $0.0412 of about $0.0791  ·  81,234 tokens in, 152,311 out
                """.stripTrailing());
    }

    @Test
    void aNarrowTerminalShowsWhatMattersMost() {
        assertThat(text(block, sending(LIMITS), 60, 30)).isEqualTo("""
                  ████████░░░░░░░░  52 %  689 of 1,319 rows  ·  1m 15s left
                  requests        ██████████░  498 of 500 a minute ◀
                  requests a day  █░░░░░░░░░░  9,311 of 10,000 left
                  tokens          █████░░░░░░  96,412 of 200,000 a minute
                  calls           17 in flight  ·  no 429  ·  3 failed
                  spent           $0.0412 of about $0.0791
                """.stripTrailing());
    }

    @Test
    void noLineIsEverAsWideAsTheTerminal() {
        for (int columns = 1; columns <= 250; columns++) {
            for (Line line : block.lines(sending(LIMITS), columns, 30)) {
                assertThat(line.width()).as("at %d columns", columns).isLessThanOrEqualTo(Math.max(1, columns - 1));
                assertThat(line.text()).hasSize(line.width());
            }
        }
    }

    @Test
    void aLowTerminalShowsOneLineOnly() {
        assertThat(block.lines(sending(LIMITS), 100, 5)).hasSize(1);
    }

    @Test
    void manyFamiliesStayWithinTheHeightAndAreNamed() {
        List<LimitUse> many = IntStream.range(0, 40)
                .mapToObj(i -> new LimitUse(
                        "family-" + i,
                        new Limit(Dimension.REQUESTS_PER_MINUTE, 500),
                        LimitSource.HEADERS,
                        500 - i,
                        500,
                        i,
                        0))
                .toList();
        List<Line> lines = block.lines(sending(many), 100, 20);
        assertThat(lines).hasSizeLessThan(20);
        assertThat(lines.stream().map(Line::text)).anyMatch(line -> line.contains("requests family-39"));
    }

    @Test
    void aCapOfOnesOwnIsToldFromTheProvidersLimit() {
        List<LimitUse> both = List.of(
                use(Dimension.REQUESTS_PER_MINUTE, 500, LimitSource.HEADERS, 400, 60),
                use(Dimension.REQUESTS_PER_MINUTE, 60, LimitSource.CAP, 0, 60));
        RunProgress progress = progress(both, Optional.of("the limit of 60 requests per minute (as configured)"));
        assertThat(text(block, progress, 100, 30).lines().filter(line -> line.contains("sets the pace")))
                .singleElement()
                .asString()
                .contains("60 of 60 a minute, your cap");
    }

    @Test
    void aTerminalWithoutUnicodeGetsAscii() {
        String text = text(new ProgressBlock(Glyphs.of(StandardCharsets.US_ASCII), false), sending(LIMITS), 100, 30);
        assertThat(StandardCharsets.US_ASCII.newEncoder().canEncode(text)).isTrue();
    }

    @Test
    void coloursAreLeftOutWhereTheyAreNotWelcome() {
        assertThat(text(block, sending(LIMITS), 100, 30)).doesNotContain("\u001b");
        assertThat(text(new ProgressBlock(Glyphs.of(StandardCharsets.UTF_8), true), sending(LIMITS), 100, 30))
                .contains("\u001b[");
    }

    @Test
    void beforeTheFirstAnswerNoLimitIsKnown() {
        RunProgress progress = progress(List.of(), Optional.of("limits that are not known yet"));
        assertThat(text(block, progress, 100, 30)).contains("498 requests and 96,412 tokens a minute");
    }

    @Test
    void aLogGetsOneLineWithTheSameFacts() {
        assertThat(block.plain(sending(LIMITS)))
                .isEqualTo("689 of 1,319 rows (52 %), 498 requests and 96,412 tokens a minute, held by the limit of 500"
                        + " requests per minute, 17 in flight, 3 failed, 5 sent again, $0.0412, about 1m 15s left");
    }

    @Test
    void partsOfAJobInBatchesStandInColumns() {
        assertThat(text(block, batches(PARTS, "", 1), 100, 30)).isEqualTo("""
                  █████████████████████░░░░░░░░░░░░░░░░░░░  53 %  80,203 of 150,001 rows  ·  2h 05m left
                  part 2          ████████████░░░░░░░░  in progress  30,203 of 50,000 rows, 3 failed
                  part 3          ░░░░░░░░░░░░░░░░░░░░  validating   0 of 1 row
                  part 4          ░░░░░░░░░░░░░░░░░░░░  uploading
                  batches         1 over  ·  3 on the way  ·  2 wait
                  spent           $0.0412 of about $0.0791  ·  81,234 tokens in, 152,311 out
                """.stripTrailing());
    }

    @Test
    void partsOnANarrowTerminalKeepTheirCounts() {
        assertThat(text(block, batches(PARTS, "", 1), 60, 30)).isEqualTo("""
                  ██████░░░░░  53 %  80,203 of 150,001 rows  ·  2h 05m left
                  part 2          ██████░░░░  in progress  30,203 of 50,000
                  part 3          ░░░░░░░░░░  validating   0 of 1 row
                  part 4          ░░░░░░░░░░  uploading
                  batches         1 over  ·  3 on the way  ·  2 wait
                  spent           $0.0412 of about $0.0791
                """.stripTrailing());
    }

    @Test
    void whereThereIsLittleRoomWhatIsDoneMattersMoreThanCounts() {
        assertThat(text(block, batches(PARTS, "no connection", 1), 60, 30))
                .contains("batches         1 over  ·  3 on the way  ·  no connection\n");
    }

    @Test
    void manyPartsStayWithinTheHeightAndNoLineIsAsWideAsTheTerminal() {
        List<Part> many = IntStream.rangeClosed(1, 40)
                .mapToObj(number -> part(number, PartPhase.SUBMITTED, BatchStatus.IN_PROGRESS, 50_000, 12_345, 99))
                .toList();
        for (int columns = 1; columns <= 250; columns++) {
            List<Line> lines = block.lines(batches(many, "uploading part 41", 0), columns, 20);
            assertThat(lines).hasSizeLessThan(20);
            for (Line line : lines) {
                assertThat(line.width()).as("at %d columns", columns).isLessThanOrEqualTo(Math.max(1, columns - 1));
            }
        }
        assertThat(text(block, batches(many, "", 0), 100, 20)).contains("40 on the way");
    }

    @Test
    void beforeThereIsAPartItIsToldWhatIsDone() {
        assertThat(text(block, batches(List.of(), "dealing rows to batches", 0), 100, 30))
                .contains("batches         dealing rows to batches");
    }

    @Test
    void aLogGetsTheFirstPartsAndHowManyMoreThereAre() {
        assertThat(block.plain(batches(PARTS, "no connection", 1)))
                .isEqualTo(
                        "80,203 of 150,001 rows (53 %), part 2 in progress (30,203 of 50,000), part 3 validating"
                                + " (0 of 1), part 4 uploading, 2 parts wait, 1 part over, $0.0412, no connection, about 2h 05m left");
        List<Part> many = IntStream.rangeClosed(1, 12)
                .mapToObj(number -> part(number, PartPhase.SUBMITTED, BatchStatus.VALIDATING, 10, 0, 0))
                .toList();
        assertThat(block.plain(batches(many, "", 0)))
                .contains("part 5 ", "7 more on the way")
                .doesNotContain("part 6");
    }

    @Test
    void aLogHearsOfBatchesWhenSomethingChangedAndNotForTheTimeLeft() {
        Console console = Console.bare();
        try (LineDisplay display = new LineDisplay(console.shell(), block, true)) {
            RunProgress first = batches(PARTS, "", 1);
            display.show(first);
            display.show(withTimeLeft(first, Duration.ofHours(3)));
            display.show(batches(PARTS, "no connection", 1));
            display.show(batches(PARTS, "no connection", 1));
        }
        assertThat(console.err().lines())
                .hasSize(2)
                .satisfiesExactly(
                        line -> assertThat(line).contains("about 2h 05m left").doesNotContain("no connection"),
                        line -> assertThat(line).contains("no connection"));
    }

    private static final List<Part> PARTS = List.of(
            part(2, PartPhase.SUBMITTED, BatchStatus.IN_PROGRESS, 50_000, 30_200, 3),
            part(3, PartPhase.SUBMITTED, BatchStatus.VALIDATING, 1, 0, 0),
            part(4, PartPhase.UPLOADING, BatchStatus.UNKNOWN, 20_000, 0, 0),
            part(5, PartPhase.PLANNED, BatchStatus.UNKNOWN, 20_000, 0, 0),
            part(6, PartPhase.PLANNED, BatchStatus.UNKNOWN, 10_000, 0, 0));

    private static Part part(int number, PartPhase phase, BatchStatus status, long rows, long completed, long failed) {
        return new Part(
                new PartSize(number, new PartKey("gpt-4o-mini", "/v1/responses"), rows, 100 * rows, 10 * rows, 0),
                phase,
                1,
                "file-" + number,
                phase == PartPhase.SUBMITTED ? "batch_" + number : "",
                status,
                completed,
                failed,
                "",
                "");
    }

    private static RunProgress batches(List<Part> parts, String doing, long over) {
        return progress(
                150_001,
                over == 0 ? 0 : 50_000,
                0,
                List.of(),
                Optional.empty(),
                Duration.ofMinutes(125),
                Optional.of(new BatchProgress(doing, parts, over)));
    }

    private static RunProgress withTimeLeft(RunProgress of, Duration left) {
        return progress(of.rows(), of.answered(), of.failed(), of.limits(), of.boundBy(), left, of.batch());
    }

    private static String text(ProgressBlock block, RunProgress progress, int columns, int rows) {
        return block.lines(progress, columns, rows).stream().map(Line::text).collect(Collectors.joining("\n"));
    }

    private static LimitUse use(Dimension dimension, long amount, LimitSource source, double remaining, double used) {
        return new LimitUse("gpt-4o-mini", new Limit(dimension, amount), source, remaining, amount, used, 0);
    }

    private static RunProgress sending(List<LimitUse> limits) {
        return progress(limits, Optional.of("the limit of 500 requests per minute"));
    }

    private static RunProgress progress(List<LimitUse> limits, Optional<String> boundBy) {
        return progress(1_319, 686, 3, limits, boundBy, Duration.ofSeconds(75), Optional.empty());
    }

    private static RunProgress progress(
            long rows,
            long answered,
            long failed,
            List<LimitUse> limits,
            Optional<String> boundBy,
            Duration left,
            Optional<BatchProgress> batch) {
        return new RunProgress(
                RunPhase.SENDING,
                0,
                0,
                rows,
                answered,
                failed,
                689,
                3,
                17,
                2,
                Duration.ofSeconds(82),
                new RunRate(498, 96_412),
                new RunRate(500, 97_000),
                limits,
                boundBy,
                5,
                0,
                4_096,
                Optional.of(new BigDecimal("0.0412")),
                new Usage(81_234, 0, 152_311),
                Optional.of(left),
                Optional.of(new BigDecimal("0.0791")),
                batch);
    }
}
