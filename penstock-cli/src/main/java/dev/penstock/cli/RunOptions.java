package dev.penstock.cli;

import dev.penstock.jobs.BatchOptions;
import dev.penstock.jobs.InputOptions;
import dev.penstock.jobs.RowFormat;
import dev.penstock.jobs.RunSettings;
import dev.penstock.jobs.batch.BatchGoal;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.TierTable;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/** What options of the command line mean to a run. */
final class RunOptions {
    private static final String KEY_VARIABLE = "OPENAI_API_KEY";

    private final Shell shell;
    private final RunCommand command;

    RunOptions(Shell shell, RunCommand command) {
        this.shell = shell;
        this.command = command;
    }

    /** Refuses what contradicts itself or is not in this version, before anything is started. */
    void check() {
        switch (command.answering.via.orElse(command.verb().isPresent() ? "batch" : "live")) {
            case "live" -> {
                if (command.verb().isPresent()) {
                    throw new UsageException("--via is 'live', but penstock batch works with batches; leave it out");
                }
                checkLive();
            }
            case "batch" -> checkBatch();
            case "auto" -> checkAuto();
            default ->
                throw new UsageException(
                        "--via is '" + command.answering.via.orElse("") + "'; it must be live, batch or auto");
        }
        if (command.answering.emulate.isPresent()) {
            if (command.answering.baseUrl.isPresent() || command.answering.keyVariable.isPresent()) {
                throw new UsageException("--emulate answers by itself, so it cannot be combined with --base-url or"
                        + " --api-key-env; give one or the other");
            }
        } else if (command.answering.emulateLatency.isPresent()) {
            throw new UsageException("--emulate-latency is given without --emulate; add --emulate tier-1, for example");
        }
        if (command.showing.json && command.job.output.isEmpty()) {
            throw new UsageException("--json puts the summary on standard output, where the answers would go too; name"
                    + " a file for them with -o");
        }
    }

    private void checkAuto() {
        if (command.verb().isPresent()) {
            throw new UsageException("--via is 'auto', but penstock batch works with batches; leave it out");
        }
        if (command.batches.deadline.isEmpty()) {
            throw new UsageException(
                    "--via auto chooses by a deadline, and none is given; add --deadline 6h, for example");
        }
        checkTier();
    }

    private void refuseDeadline() {
        if (command.batches.deadline.isPresent()) {
            throw new UsageException("--deadline chooses between batches and live calls, which only --via auto"
                    + " does; add it, or leave --deadline out");
        }
    }

    private void checkLive() {
        refuseDeadline();
        RunCommand.Batches batches = command.batches;
        if (batches.tier.isPresent() || batches.queueLimit.isPresent() || batches.keepRemote || batches.forgetMissing) {
            throw new UsageException(
                    "--tier, --queue-limit, --keep-remote and --forget-missing are about batches, but calls are live; add"
                            + " --via batch, or leave them out");
        }
    }

    private void checkBatch() {
        refuseDeadline();
        RunCommand.Caps caps = command.caps;
        if (caps.requestsPerMinute.isPresent()
                || caps.tokensPerMinute.isPresent()
                || caps.requestsPerDay.isPresent()
                || caps.concurrency.isPresent()) {
            throw new UsageException(
                    "--rpm, --tpm, --rpd and --concurrency are for live calls, and batches take nothing"
                            + " from these limits; leave them out. What batches may enqueue is --queue-limit");
        }
        if (command.verb().isPresent() && command.answering.emulate.isPresent()) {
            throw new UsageException(
                    "--emulate ends with this command, and its batches with it; start one that stays with"
                            + " 'penstock emulator' and name it with --base-url, or use 'penstock run --via batch --emulate TIER'");
        }
        checkTier();
    }

    private void checkTier() {
        if (command.batches.tier.isPresent() && command.answering.emulate.isPresent()) {
            throw new UsageException("--tier is given beside --emulate, which says the tier already; leave --tier out");
        }
        command.batches.tier.ifPresent(tier -> {
            TierTable table = tiers();
            if (table.rows().stream()
                    .noneMatch(row -> table.find(row.family(), tier).isPresent())) {
                throw new UsageException(
                        "--tier is '" + tier + "'; it must be free or 1 to 5, as 'penstock tiers' lists them");
            }
        });
    }

    private BatchOptions batchOptions() {
        return new BatchOptions(
                command.verb().map(BatchVerb::goal).orElse(BatchGoal.COMPLETE),
                command.batches.keepRemote,
                command.batches.forgetMissing,
                command.batches.queueLimit,
                command.batches.tier.or(() -> command.answering.emulate),
                command.batches.deadline.map(text -> TypedDuration.of("--deadline", text)));
    }

    TierTable tiers() {
        return command.caps.tiers.map(TierTable.builtIn()::overriddenBy).orElseGet(TierTable::builtIn);
    }

    /** Where the requests go if no emulator answers them. */
    URI baseUrl() {
        return ApiAddress.of(shell, "--base-url", command.answering.baseUrl);
    }

    /** The key, which only servers on this machine may do without. */
    Optional<String> key(URI baseUrl) {
        return key(shell, command.answering.keyVariable, baseUrl);
    }

    static Optional<String> key(Shell shell, Optional<String> variable, URI baseUrl) {
        String name = variable.orElse(KEY_VARIABLE);
        Optional<String> key = shell.variable(name).map(String::strip);
        if (key.isEmpty() && (variable.isPresent() || !ApiAddress.isLoopback(baseUrl))) {
            throw new UsageException("there is no API key: the environment variable " + name + " is not set. Set it"
                    + " (export " + name + "=...), name another with --api-key-env, or try without a key:"
                    + " --emulate tier-1");
        }
        return key;
    }

    RunSettings settings(URI baseUrl, Optional<String> key, Optional<String> upstream, TierTable tiers) {
        return read(() -> {
            RunSettings.Builder settings = RunSettings.builder(command.input, baseUrl)
                    .inputOptions(inputOptions(command.asking))
                    .caps(Caps.of(
                            command.caps.requestsPerMinute, command.caps.requestsPerDay, command.caps.tokensPerMinute))
                    .retryFailed(command.job.retryFailed)
                    .skipBad(command.job.skipBad)
                    .restart(command.job.restart)
                    .tiers(tiers)
                    .prices(command.caps
                            .prices
                            .map(PriceTable.builtIn()::overriddenBy)
                            .orElseGet(PriceTable::builtIn))
                    .toolVersion(Version.text())
                    .seed(command.job.seed);
            command.job.output.ifPresentOrElse(settings::output, () -> settings.output(shell.out()));
            key.ifPresent(settings::apiKey);
            upstream.ifPresent(settings::upstream);
            command.caps.concurrency.ifPresent(settings::concurrency);
            command.caps.budget.ifPresent(settings::budgetDollars);
            command.job.maxAttempts.ifPresent(settings::maxAttempts);
            command.job.timeout.ifPresent(text -> settings.timeout(TypedDuration.of("--timeout", text)));
            if (command.isBatch()) {
                settings.batch(batchOptions());
                command.batches.cancelling.ifPresent(
                        text -> settings.cancelling(TypedDuration.of("--cancelling", text)));
                command.batches.settling.ifPresent(text -> settings.settling(TypedDuration.of("--settling", text)));
            }
            return settings.build();
        });
    }

    static InputOptions inputOptions(RunCommand.Asking asking) {
        return new InputOptions(
                asking.format.map(RunOptions::format),
                asking.prompt,
                asking.system,
                asking.model,
                asking.maxOutput,
                new LinkedHashMap<>(asking.parameters));
    }

    private static RowFormat format(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "batch" -> RowFormat.BATCH;
            case "csv" -> RowFormat.CSV;
            case "tsv" -> RowFormat.TSV;
            case "jsonl" -> RowFormat.JSONL;
            default -> throw new UsageException("--format is '" + name + "'; it must be batch, csv, tsv or jsonl");
        };
    }

    static <T> T read(Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()), e);
        }
    }
}
