package dev.penstock.cli;

import dev.penstock.emulator.BatchPace;
import dev.penstock.emulator.BatchQuirks;
import dev.penstock.emulator.BatchSettings;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.FaultPlan;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.LimitText;
import dev.penstock.emulator.OtherClient;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.limit.Limit;
import dev.penstock.wire.TierTable;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What options of the command line mean to the emulator. */
final class EmulatorOptions {
    static final String DEFAULT_LATENCY = "lognormal:1s,0.5";
    /** Long enough to be watched, short enough to be waited for. */
    static final String DEFAULT_BATCH_PACE = "20s+2000/s";

    /** Long enough to see what happens. */
    private static final String IN_PROCESS_BATCH_PACE = "3s+5000/s";

    static final String UNLIMITED = "unlimited";
    private static final String DEFAULT_TIER = "1";
    /** Enough to tell repeated requests apart for the length of a demonstration, at a few megabytes. */
    private static final int REMEMBERED_IN_PROCESS = 200_000;

    private EmulatorOptions() {}

    static EmulatorSettings of(EmulatorCommand command, Shell shell) {
        TwinSettings.Builder twin = TwinSettings.builder()
                .limits(limits(command))
                .limitHeaders(!command.noLimitHeaders)
                .shape(read("--shape", () -> Shape.parse(command.shape)))
                .latency(read("--latency", () -> Latency.parse(command.latency)))
                .faults(read("--fault", () -> FaultPlan.parse(String.join(",", command.faults))))
                .refund(command.refund)
                .chargeRefused(command.chargeRefused)
                .batches(batches(command));
        command.other.ifPresent(text -> twin.otherClient(read("--other", () -> OtherClient.parse(text))));
        command.concurrency.ifPresent(most -> read("--concurrency", () -> twin.concurrency(most)));
        command.ramp.ifPresent(tokens -> read("--ramp", () -> twin.rampAboveInputTokens(tokens)));
        command.requiredKeyVariable.ifPresent(name -> twin.apiKey(shell.variable(name)
                .orElseThrow(() -> new UsageException("--require-key names " + name
                        + ", but this environment variable is not set; put the key to accept into it"))));
        return read(
                "--port",
                () -> EmulatorSettings.of(twin.build()).withPort(command.port).withSeed(command.seed));
    }

    private static BatchSettings batches(EmulatorCommand command) {
        double rowErrorShare = command.batchRowErrors
                .map(text -> read("--batch-row-errors", () -> BatchSettings.parseRowErrorShare(text)))
                .orElse(0.0);
        BatchSettings unscaled = BatchSettings.standard()
                .withPace(read("--batch-pace", () -> BatchPace.parse(command.batchPace)))
                .withQuirks(read("--batch-quirk", () -> BatchQuirks.parse(command.batchQuirks)))
                .withExpiring(read("--batch-expire", () -> BatchSettings.parseExpiring(command.batchExpire)))
                .withRowErrorShare(rowErrorShare);
        BatchSettings scaled = read("--batch-time-scale", () -> unscaled.withTimeScale(command.batchTimeScale));
        return command.batchQueue.isEmpty()
                ? scaled
                : read("--batch-queue", () -> scaled.withQueueTokens(command.batchQueue.getAsLong()));
    }

    /** The emulator that {@code penstock run --emulate} starts beside itself. */
    static EmulatorSettings inProcess(String tier, String latency, TierTable table, long seed) {
        TwinSettings twin = TwinSettings.builder()
                .limits(ofTier("--emulate", tier, table))
                .latency(read("--emulate-latency", () -> Latency.parse(latency)))
                .rememberedRequests(REMEMBERED_IN_PROCESS)
                .batches(BatchSettings.standard()
                        .withPace(read("--emulate", () -> BatchPace.parse(IN_PROCESS_BATCH_PACE))))
                .build();
        return EmulatorSettings.of(twin).withSeed(seed);
    }

    private static FamilyLimits limits(EmulatorCommand command) {
        if (command.isTier()) {
            return ofTier("--tier", command.tier.orElse(DEFAULT_TIER), TierTable.builtIn());
        }
        if (command.tier.isPresent()) {
            throw new UsageException(
                    "--tier is given together with --rpm, --tpm, --rpd or --limit; give either a tier or the"
                            + " limits themselves, of which those left out are not enforced");
        }
        List<Limit> others = read(
                "--limit", () -> command.limits.stream().map(LimitText::parse).toList());
        return read(
                "limits",
                () -> FamilyLimits.explicit(
                        command.requestsPerMinute, command.tokensPerMinute, command.requestsPerDay, others));
    }

    private static FamilyLimits ofTier(String option, String tier, TierTable table) {
        if (tier.equalsIgnoreCase(UNLIMITED)) {
            return FamilyLimits.none();
        }
        try {
            return new FamilyLimits.Tier(table, tier, Map.of());
        } catch (IllegalArgumentException e) {
            throw new UsageException(
                    option + " is '" + tier + "'; it must be free, 1 to 5 (tier-1 to tier-5) or unlimited", e);
        }
    }

    private static <T> T read(String option, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new UsageException(option + ": " + e.getMessage(), e);
        }
    }
}
