package dev.penstock.cli;

import dev.penstock.emulator.Latency;
import dev.penstock.emulator.LimitText;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.limit.Limit;
import dev.penstock.simulator.Scenario;
import dev.penstock.simulator.Tokens;
import dev.penstock.simulator.Traffic;
import dev.penstock.simulator.TrafficLog;
import dev.penstock.wire.GoDuration;
import dev.penstock.wire.ModelFamily;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.Spelling;
import dev.penstock.wire.TierRow;
import dev.penstock.wire.TierTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** What options of the command line mean to a simulation. */
final class SimulateOptions {
    private static final double USUAL_PER_SECOND = 40;
    private static final double USUAL_JITTER = 0.2;
    private static final double USUAL_SWING = 0.8;
    private static final Duration USUAL_DURATION = Duration.ofMinutes(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final long USUAL_PILE = 1_000;
    private static final Tokens USUAL_TOKENS = Tokens.of(300);
    private static final List<String> KINDS = List.of("steady", "poisson", "bursts", "ramp", "diurnal", "pile");

    private SimulateOptions() {}

    static Scenario scenario(SimulateCommand command) {
        TierTable tiers = command.tiers.map(TierTable.builtIn()::overriddenBy).orElseGet(TierTable::builtIn);
        PriceTable prices =
                command.prices.map(PriceTable.builtIn()::overriddenBy).orElseGet(PriceTable::builtIn);
        Scenario.Builder scenario = Scenario.builder()
                .tiers(tiers)
                .prices(prices)
                .model(command.model)
                .seed(command.seed)
                .chargeRefused(command.chargeRefused)
                .tokens(command.tokens
                        .map(text -> read("--tokens", () -> Tokens.parse(text)))
                        .orElse(USUAL_TOKENS))
                .latency(read("--latency", () -> Latency.parse(command.latency)))
                .batchTime(read("--batch-time", () -> Latency.parse(command.batchTime)))
                .shape(read("--shape", () -> Shape.parse(command.shape)));
        command.output.ifPresent(text -> scenario.outputShare(share("--output", text)));
        command.concurrency.ifPresent(most -> read("--concurrency", () -> scenario.concurrency(most)));
        if (!command.tenants.isEmpty()) {
            List<Scenario.Tenant> tenants = new ArrayList<>();
            command.tenants.forEach((name, share) ->
                    tenants.add(read("--tenants", () -> new Scenario.Tenant(name, number("--tenants", share)))));
            scenario.tenants(tenants);
        }
        traffic(command, scenario);
        limits(command, tiers, scenario);
        return read("simulate", scenario::build);
    }

    private static void traffic(SimulateCommand command, Scenario.Builder scenario) {
        if (command.log.isPresent()) {
            if (command.rate.isPresent() || command.traffic.isPresent() || command.jitter.isPresent()) {
                throw new UsageException(
                        "--log is given together with --rate, --jitter or --traffic; the log tells when"
                                + " requests come, so leave the others out");
            }
            scenario.traffic(read("--log", () -> TrafficLog.read(command.log.get())));
            command.duration.ifPresent(text -> scenario.duration(time("--duration", text)));
            command.requests.ifPresent(most -> read("--requests", () -> scenario.requests(most)));
            return;
        }
        String text = command.traffic.orElse(
                command.requests.isPresent() && command.rate.isEmpty() && command.duration.isEmpty()
                        ? "pile"
                        : "steady");
        int colon = text.indexOf(':');
        String kind = (colon < 0 ? text : text.substring(0, colon)).toLowerCase(Locale.ROOT);
        String argument = colon < 0 ? "" : text.substring(colon + 1);
        if (kind.equals("pile")) {
            if (command.rate.isPresent() || command.duration.isPresent()) {
                throw new UsageException("a pile comes at once, so --rate and --duration do not go with it; leave them"
                        + " out, or leave out --traffic pile");
            }
            scenario.traffic(read("--requests", () -> new Traffic.Pile(command.requests.orElse(USUAL_PILE))));
            return;
        }
        double perSecond = command.rate.map(SimulateOptions::rate).orElse(USUAL_PER_SECOND);
        double jitter = command.jitter.map(each -> share("--jitter", each)).orElse(USUAL_JITTER);
        if (command.jitter.isPresent() && !kind.equals("steady")) {
            throw new UsageException("--jitter goes with steady traffic; " + kind + " has its own way to vary");
        }
        scenario.traffic(read("--traffic", () -> traffic(kind, argument, perSecond, jitter)));
        command.requests.ifPresent(most -> read("--requests", () -> scenario.requests(most)));
        if (command.duration.isPresent()) {
            Duration duration = time("--duration", command.duration.get());
            Scenario.Builder set = read("--duration", () -> scenario.duration(duration));
            assert set == scenario;
        } else if (command.requests.isEmpty()) {
            scenario.duration(kind.equals("diurnal") ? DAY : USUAL_DURATION);
        }
    }

    private static Traffic traffic(String kind, String argument, double perSecond, double jitter) {
        return switch (kind) {
            case "steady" -> new Traffic.Steady(perSecond, jitter);
            case "poisson" -> new Traffic.Poisson(perSecond);
            case "diurnal" ->
                new Traffic.Diurnal(perSecond, USUAL_SWING, argument.isEmpty() ? DAY : time("--traffic", argument));
            case "ramp" ->
                new Traffic.Ramp(0, perSecond, argument.isEmpty() ? USUAL_DURATION : time("--traffic", argument));
            case "bursts" -> {
                int slash = argument.indexOf('/');
                if (slash < 1) {
                    throw new UsageException("--traffic is 'bursts" + (argument.isEmpty() ? "" : ":" + argument)
                            + "'; it must say how many and how often, for example bursts:300/30s");
                }
                yield new Traffic.Bursts(
                        (int) Math.min(Integer.MAX_VALUE, number("--traffic", argument.substring(0, slash))),
                        time("--traffic", argument.substring(slash + 1)));
            }
            default ->
                throw new UsageException("--traffic is '" + kind + "'; "
                        + Spelling.nearest(kind, KINDS)
                                .map(near -> "did you mean " + near + "?")
                                .orElse("it must be " + String.join(", ", KINDS.subList(0, KINDS.size() - 1)) + " or "
                                        + KINDS.getLast()));
        };
    }

    private static void limits(SimulateCommand command, TierTable tiers, Scenario.Builder scenario) {
        List<Limit> own =
                new ArrayList<>(Caps.of(command.requestsPerMinute, command.requestsPerDay, command.tokensPerMinute));
        command.limits.forEach(text -> own.add(read("--limit", () -> LimitText.parse(text))));
        if (!own.isEmpty()) {
            if (command.tier.isPresent()) {
                throw new UsageException(
                        "--tier is given together with --rpm, --tpm, --rpd or --limit; give either a tier"
                                + " or the limits themselves, of which those left out are not enforced");
            }
            Scenario.Builder set = read("limits", () -> scenario.limits(own));
            assert set == scenario;
            return;
        }
        // Who asks about calls at a time alone does not mean a tier beside it.
        boolean concurrencyAlone = command.concurrency.isPresent() && command.tier.isEmpty();
        String tier = command.tier.orElse("1");
        if (concurrencyAlone || tier.equalsIgnoreCase(EmulatorOptions.UNLIMITED)) {
            return;
        }
        Optional<TierRow> row = tiers.find(command.model, tier);
        if (row.isEmpty()) {
            throw new UsageException(noSuchTier(command.model, tier, tiers));
        }
        scenario.limits(row.get().limits()).tier(row.get().tier());
        row.get().batchQueueTokens().ifPresent(scenario::batchQueueTokens);
    }

    private static String noSuchTier(String model, String tier, TierTable tiers) {
        List<String> known = tiers.tiersOf(model);
        if (!known.isEmpty()) {
            return "--tier is '" + tier + "'; for " + model + " it must be " + String.join(", ", known)
                    + " or unlimited";
        }
        Set<String> families = new LinkedHashSet<>();
        tiers.rows().forEach(each -> families.add(each.family()));
        return "no limits are known for " + model + "; "
                + Spelling.nearest(ModelFamily.of(model), families)
                        .map(near -> "did you mean " + near + "?")
                        .orElse("give them with --rpm and --tpm, or a model of 'penstock tiers'");
    }

    /** Per second. */
    private static double rate(String text) {
        int slash = text.indexOf('/');
        double amount = number("--rate", slash < 0 ? text : text.substring(0, slash));
        String unit = slash < 0 ? "s" : text.substring(slash + 1).strip().toLowerCase(Locale.ROOT);
        return switch (unit) {
            case "s", "sec", "second" -> amount;
            case "m", "min", "minute" -> amount / 60;
            case "h", "hour" -> amount / 3_600;
            case "d", "day" -> amount / 86_400;
            default ->
                throw new UsageException(
                        "--rate is '" + text + "'; it must be a number a second, or as 600/m, 1000/h or 20000/d");
        };
    }

    private static double share(String option, String text) {
        String number = text.strip();
        boolean percent = number.endsWith("%");
        double value = number(option, percent ? number.substring(0, number.length() - 1) : number);
        double share = percent ? value / 100 : value;
        if (!(share >= 0 && share <= 1)) {
            throw new UsageException(option + " is '" + text + "'; it must be 0 to 1, or 0% to 100%");
        }
        return share;
    }

    private static double number(String option, String text) {
        try {
            double number = Double.parseDouble(text.strip().replace("_", ""));
            if (number >= 0 && number < Double.POSITIVE_INFINITY) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new UsageException(option + ": '" + text + "' is no number", e);
        }
        throw new UsageException(option + ": '" + text + "' must be a number of 0 or more");
    }

    private static Duration time(String option, String text) {
        return GoDuration.parse(text.strip())
                .filter(Duration::isPositive)
                .orElseThrow(() -> new UsageException(
                        option + ": '" + text + "' is no time; it must be above zero, such as 90s, 10m or 24h"));
    }

    private static <T> T read(String option, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new UsageException(option + ": " + e.getMessage(), e);
        }
    }
}
