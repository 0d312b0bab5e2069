package dev.penstock.cli;

import dev.penstock.jobs.InputOptions;
import dev.penstock.jobs.RowFormat;
import dev.penstock.jobs.RunSettings;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.wire.GoDuration;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.TierTable;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** What options of the command line mean to a run. */
final class RunOptions {
    private static final String KEY_VARIABLE = "OPENAI_API_KEY";
    private static final String BASE_URL_VARIABLE = "OPENAI_BASE_URL";
    private static final String BASE_URL = "https://api.openai.com/v1";

    private final Shell shell;
    private final RunCommand command;

    RunOptions(Shell shell, RunCommand command) {
        this.shell = shell;
        this.command = command;
    }

    /** Refuses what contradicts itself or is not in this version, before anything is started. */
    void check() {
        switch (command.answering.via) {
            case "live" -> {}
            case "batch", "auto" ->
                throw new UsageException("--via " + command.answering.via + " is not in this version: the Batch API is"
                        + " not supported yet. Leave --via out to send live calls");
            default -> throw new UsageException("--via is '" + command.answering.via + "'; it must be live");
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

    TierTable tiers() {
        return command.caps.tiers.map(TierTable.builtIn()::overriddenBy).orElseGet(TierTable::builtIn);
    }

    /** Where the requests go if no emulator answers them. */
    URI baseUrl() {
        boolean given = command.answering.baseUrl.isPresent();
        String text = command.answering
                .baseUrl
                .or(() -> shell.variable(BASE_URL_VARIABLE))
                .orElse(BASE_URL);
        try {
            return new URI(text.strip());
        } catch (URISyntaxException e) {
            throw new UsageException(
                    (given ? "--base-url" : BASE_URL_VARIABLE) + " is no address; it must look like " + BASE_URL, e);
        }
    }

    /** The key, which only servers on this machine may do without. */
    Optional<String> key(URI baseUrl) {
        String name = command.answering.keyVariable.orElse(KEY_VARIABLE);
        Optional<String> key = shell.variable(name).map(String::strip);
        if (key.isEmpty() && (command.answering.keyVariable.isPresent() || !isLoopback(baseUrl))) {
            throw new UsageException("there is no API key: the environment variable " + name + " is not set. Set it"
                    + " (export " + name + "=...), name another with --api-key-env, or try without a key:"
                    + " --emulate tier-1");
        }
        return key;
    }

    /** Tells of a key that anyone on the way can read; that is the user's to decide. */
    void warnOfAKeyInTheOpen(URI baseUrl, Optional<String> key) {
        if (key.isPresent() && "http".equalsIgnoreCase(baseUrl.getScheme()) && !isLoopback(baseUrl)) {
            shell.err()
                    .println("penstock: warning: the API key is sent to " + baseUrl.getHost()
                            + " over plain http, where anyone on the way can read it; use https if you can");
        }
    }

    private static boolean isLoopback(URI url) {
        String host = String.valueOf(url.getHost()).toLowerCase(Locale.ROOT);
        return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
    }

    RunSettings settings(URI baseUrl, Optional<String> key, Optional<String> upstream, TierTable tiers) {
        return read(() -> {
            RunSettings.Builder settings = RunSettings.builder(command.input, baseUrl)
                    .inputOptions(inputOptions())
                    .caps(caps())
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
            command.job.timeout.ifPresent(text -> settings.timeout(GoDuration.parse(text)
                    .orElseThrow(() -> new UsageException(
                            "--timeout is '" + text + "'; it must be a duration such as 90s or 10m"))));
            return settings.build();
        });
    }

    private InputOptions inputOptions() {
        return new InputOptions(
                command.asking.format.map(RunOptions::format),
                command.asking.prompt,
                command.asking.system,
                command.asking.model,
                command.asking.maxOutput,
                new LinkedHashMap<>(command.asking.parameters));
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

    private List<Limit> caps() {
        List<Limit> caps = new ArrayList<>();
        cap("--rpm", command.caps.requestsPerMinute, Dimension.REQUESTS_PER_MINUTE, caps);
        cap("--rpd", command.caps.requestsPerDay, Dimension.REQUESTS_PER_DAY, caps);
        cap("--tpm", command.caps.tokensPerMinute, Dimension.TOKENS_PER_MINUTE, caps);
        return caps;
    }

    private static void cap(String option, OptionalLong amount, Dimension dimension, List<Limit> caps) {
        if (amount.isPresent()) {
            if (amount.getAsLong() < 1) {
                throw new UsageException(option + " is " + amount.getAsLong() + "; it must be 1 or more");
            }
            caps.add(new Limit(dimension, amount.getAsLong()));
        }
    }

    private static <T> T read(Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()), e);
        }
    }
}
