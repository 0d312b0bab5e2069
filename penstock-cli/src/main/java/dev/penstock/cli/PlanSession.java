package dev.penstock.cli;

import dev.penstock.jobs.AnswerLengths;
import dev.penstock.jobs.JobInput;
import dev.penstock.jobs.plan.JobPlan;
import dev.penstock.jobs.plan.JobPlanner;
import dev.penstock.jobs.plan.Question;
import dev.penstock.jobs.plan.Workload;
import dev.penstock.jobs.plan.WorkloadSurvey;
import dev.penstock.time.Ticker;
import dev.penstock.wire.GoDuration;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.TierTable;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.LongConsumer;

/** One {@code penstock plan}, from its options to its exit code. */
final class PlanSession {
    private static final Duration USUAL_LATENCY = Duration.ofSeconds(2);
    private static final int USUAL_ANSWER_TOKENS = 256;
    private static final int MOST_ANSWER_TOKENS = 1_000_000;
    private static final double LONGEST_AND_SOME = 1.1;
    private static final int STEP = 16;
    private static final int MOST_THREADS = 16;
    private static final long BETWEEN_SIGNS_NANOS = 500_000_000;

    private final Shell shell;
    private final PlanCommand command;

    PlanSession(Shell shell, PlanCommand command) {
        this.shell = shell;
        this.command = command;
    }

    int run() {
        TierTable tiers =
                command.account.tiers.map(TierTable.builtIn()::overriddenBy).orElseGet(TierTable::builtIn);
        PriceTable prices =
                command.account.prices.map(PriceTable.builtIn()::overriddenBy).orElseGet(PriceTable::builtIn);
        if (command.answers.answers.isPresent() && command.answers.answerTokens.isPresent()) {
            throw new UsageException("--answers and --answer-tokens both say how long answers are; keep one");
        }
        Optional<AnswerLengths> known = command.answers.answers.map(AnswerLengths::read);
        double answerTokens = known.map(AnswerLengths::meanTokens).orElse((double) answerTokens());
        long ample = ampleMaximum(known, answerTokens);
        Question question = RunOptions.read(() -> question(tiers, ample));
        try (JobInput input =
                JobInput.open(command.input, RunOptions.read(() -> RunOptions.inputOptions(command.asking)))) {
            Optional<Screen> screen = command.showing.json ? Optional.empty() : Screen.open(shell);
            int width = screen.map(terminal -> terminal.width() - 1).orElse(0);
            screen.ifPresent(Screen::close);
            int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MOST_THREADS);
            Workload workload = WorkloadSurvey.of(
                    input,
                    tiers,
                    question.caps(),
                    answerTokens,
                    threads,
                    screen.isPresent() ? signs(input.size()) : bytes -> {});
            if (screen.isPresent()) {
                shell.err().print("\r\u001b[K");
                shell.err().flush();
            }
            JobPlan plan = new JobPlanner(tiers, prices).plan(workload, question);
            PlanFrame frame = new PlanFrame(
                    command,
                    input.format(),
                    question,
                    known,
                    known.isPresent() || command.answers.answerTokens.isPresent()
                            ? OptionalDouble.of(answerTokens)
                            : OptionalDouble.empty(),
                    answerTokens);
            if (command.showing.json) {
                shell.out().println(PlanJson.of(plan, frame));
            } else {
                new PlanReport(plan, frame, Glyphs.of(shell.out().charset()), width).print(shell.out());
            }
            return frame.exitCode(plan);
        }
    }

    private int answerTokens() {
        int tokens = command.answers.answerTokens.orElse(USUAL_ANSWER_TOKENS);
        if (tokens < 0 || tokens > MOST_ANSWER_TOKENS) {
            throw new UsageException("--answer-tokens is " + tokens + "; it must be 0 to " + MOST_ANSWER_TOKENS);
        }
        return tokens;
    }

    /** A tenth more than the longest answer known, or twice what is assumed, in steps that look meant. */
    private static long ampleMaximum(Optional<AnswerLengths> known, double answerTokens) {
        double ample = known.map(lengths -> LONGEST_AND_SOME * lengths.most()).orElse(2 * answerTokens);
        return Math.max(1, (long) Math.ceil(ample / STEP)) * STEP;
    }

    private Question question(TierTable tiers, long ampleMaximum) {
        command.account.tier.ifPresent(tier -> {
            if (tiers.rows().stream()
                    .noneMatch(row -> tiers.find(row.family(), tier).isPresent())) {
                throw new UsageException(
                        "--tier is '" + tier + "'; it must be free or 1 to 5, as 'penstock tiers' lists them");
            }
        });
        return new Question(
                command.account.tier,
                Caps.of(
                        command.account.requestsPerMinute,
                        command.account.requestsPerDay,
                        command.account.tokensPerMinute),
                command.answers
                        .latency
                        .map(text -> GoDuration.parse(text)
                                .filter(Duration::isPositive)
                                .orElseThrow(() -> new UsageException("--latency is '" + text
                                        + "'; it must be a duration above 0, such as 800ms or 2s")))
                        .orElse(USUAL_LATENCY),
                command.account.concurrency,
                command.account.deadline.map(text -> GoDuration.parse(text)
                        .filter(Duration::isPositive)
                        .orElseThrow(() -> new UsageException("--deadline is '" + text
                                + "'; it must be a duration above 0 in s, m or h, such as 30m, 6h or 36h"))),
                command.account.queueLimit,
                ampleMaximum);
    }

    /** A sign of life on a terminal: a million rows take a while. */
    private LongConsumer signs(long size) {
        Ticker ticker = Ticker.system();
        long began = ticker.nanos();
        long[] last = {began};
        return bytes -> {
            long now = ticker.nanos();
            if (now - last[0] >= BETWEEN_SIGNS_NANOS) {
                last[0] = now;
                shell.err().print("\rCounting tokens: " + Figures.percent(bytes, Math.max(1, size)) + " %");
                shell.err().flush();
            }
        };
    }
}
