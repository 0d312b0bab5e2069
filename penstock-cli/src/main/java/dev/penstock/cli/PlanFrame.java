package dev.penstock.cli;

import dev.penstock.jobs.AnswerLengths;
import dev.penstock.jobs.RowFormat;
import dev.penstock.jobs.auto.Outlook;
import dev.penstock.jobs.plan.JobPlan;
import dev.penstock.jobs.plan.Question;
import dev.penstock.jobs.plan.TierPlan;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What a plan was asked with.
 *
 * @param lengths how long answers of an earlier run were
 * @param givenAnswerTokens how long answers are, if it was said
 * @param answerTokens how long they were taken to be
 */
record PlanFrame(
        PlanCommand command,
        RowFormat format,
        Question question,
        Optional<AnswerLengths> lengths,
        OptionalDouble givenAnswerTokens,
        double answerTokens) {
    /** The tier that advice is about: the one that was asked for, or the first that can do the job. */
    Optional<TierPlan> subject(JobPlan plan) {
        return plan.tiers().stream()
                .filter(tier -> tier.time().isPresent() && tier.unsent() == 0)
                .filter(tier -> tier.wish()
                        .map(wish -> wish.chance() == Outlook.Chance.SURE)
                        .orElse(true))
                .filter(tier -> question.tier().isPresent() || !tier.tier().equals("free"))
                .findFirst()
                .or(() -> plan.tiers().stream()
                        .filter(tier -> tier.time().isPresent())
                        .reduce((a, b) -> b));
    }

    int exitCode(JobPlan plan) {
        boolean askedTierTooSmall =
                question.tier().isPresent() && plan.tiers().stream().anyMatch(tier -> tier.unsent() > 0);
        return plan.workload().badRows() > 0 || askedTierTooSmall ? ExitCode.ROWS_FAILED : ExitCode.OK;
    }

    /** The command that does what was planned. Prompts are not repeated, as whoever reads this need not know them. */
    String next(JobPlan plan) {
        StringBuilder line = new StringBuilder("./penstock run ").append(quoted(command.input.toString()));
        line.append(" -o ").append(quoted(outputName()));
        command.asking.model.ifPresent(model -> line.append(" --model ").append(quoted(model)));
        if (command.asking.prompt.isPresent()) {
            line.append(" --prompt ...");
        }
        if (command.asking.system.isPresent()) {
            line.append(" --system ...");
        }
        command.asking
                .parameters
                .keySet()
                .forEach(name -> line.append(" --param ").append(quoted(name + "=...")));
        command.asking.maxOutput.ifPresent(
                tokens -> line.append(" --max-output ").append(tokens));
        command.asking.format.ifPresent(name -> line.append(" --format ").append(quoted(name)));
        if (plan.workload().badRows() > 0) {
            line.append(" --skip-bad");
        }
        number(" --rpm ", command.account.requestsPerMinute, line);
        number(" --tpm ", command.account.tokensPerMinute, line);
        number(" --rpd ", command.account.requestsPerDay, line);
        command.account.concurrency.ifPresent(
                most -> line.append(" --concurrency ").append(most));
        command.account.tiers.ifPresent(file -> line.append(" --tiers ").append(quoted(file.toString())));
        command.account.prices.ifPresent(file -> line.append(" --prices ").append(quoted(file.toString())));
        command.account.deadline.ifPresent(deadline -> {
            line.append(" --via auto --deadline ").append(deadline);
            number(" --queue-limit ", command.account.queueLimit, line);
            question.tier()
                    .or(() -> subject(plan).map(TierPlan::tier).filter(tier -> !tier.isEmpty()))
                    .ifPresent(tier -> line.append(" --tier ").append(quoted(tier)));
        });
        return line.toString();
    }

    private static void number(String option, OptionalLong amount, StringBuilder to) {
        amount.ifPresent(given -> to.append(option).append(given));
    }

    private String outputName() {
        String name = String.valueOf(command.input.getFileName());
        int dot = name.lastIndexOf('.');
        String ending = switch (format) {
            case CSV -> ".csv";
            case TSV -> ".tsv";
            case BATCH, JSONL -> ".jsonl";
        };
        return (dot > 0 ? name.substring(0, dot) : name) + ".answers" + ending;
    }

    private static String quoted(String word) {
        return word.matches("[A-Za-z0-9_./:=@%+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
