package dev.penstock.simulator.strategy;

import dev.penstock.concurrency.Aimd;
import dev.penstock.retry.Retry;
import dev.penstock.simulator.Scenario;
import dev.penstock.simulator.Strategy;
import dev.penstock.wire.GoDuration;
import dev.penstock.wire.Spelling;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The strategies by name. To add one: write a class, and a line here. Immutable and thread-safe. */
public final class Strategies {
    private static final Map<String, Entry> ENTRIES = new LinkedHashMap<>();
    private static final int USUAL_CONCURRENCY = 10;

    /**
     * @param description one clause for a person
     * @param argument what may follow the name and a colon; empty if nothing may
     * @param make from the scenario and the argument, which is empty if none was given
     */
    private record Entry(String description, String argument, BiFunction<Scenario, String, Strategy> make) {}

    static {
        add("none", "one call, no retry", scenario -> new Once());
        add(
                "fixed-sleep",
                "sleep 1 s and try again, without an end",
                "TIME",
                (scenario, time) -> faults(Policies.fixedSleep(time.isEmpty() ? Duration.ofSeconds(1) : time(time))));
        add("exponential", "1, 2, 4, ... s without jitter, 6 attempts", scenario -> faults(Policies.exponential()));
        add("tenacity", "random exponential 1 to 60 s, 6 attempts", scenario -> faults(Policies.tenacity()));
        add("backoff", "exponential with full jitter, 8 attempts", scenario -> faults(Policies.backoff()));
        add("sdk", "the official clients: 2 retries, as told or 0.5 s and 1 s", scenario -> faults(Policies.sdk()));
        add("semaphore", "10 calls at a time, no retry", "CALLS", (scenario, calls) -> new Limited(fixed(calls), null));
        add(
                "semaphore-retry",
                "10 calls at a time, with the retries of tenacity",
                "CALLS",
                (scenario, calls) -> new Limited(fixed(calls), new Retries(Policies.tenacity(), false)));
        add(
                "retry-after",
                "exactly as told, each call by itself, without an end",
                scenario -> faults(Policies.retryAfter()));
        add(
                "aimd",
                "calls at a time by additive increase and multiplicative decrease, one gate for all",
                scenario -> new Limited(new Aimd(Aimd.Settings.DEFAULT), new Retries(Policies.shared(), true)));
        add("penstock", "a fair queue in front of a quota that is learned", Paced::new);
        add("batch", "the Batch API: later, at half the price", scenario -> new Batched());
    }

    private Strategies() {}

    /** All names, the simple ones first. */
    public static List<String> names() {
        return List.copyOf(ENTRIES.keySet());
    }

    /** What a strategy does, in one clause. */
    public static String description(String name) {
        return entry(name).description;
    }

    /**
     * A new strategy.
     *
     * @param text a name, for some with an argument after a colon: {@code fixed-sleep:5s}, {@code semaphore:20}
     * @throws IllegalArgumentException when there is none of this name, or the argument is wrong
     */
    public static Strategy of(String text, Scenario scenario) {
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        Entry entry = entry(name);
        if (colon >= 0 && entry.argument.isEmpty()) {
            throw new IllegalArgumentException(
                    "strategy is '" + text + "'; " + name + " takes nothing after its name, so leave it out");
        }
        return entry.make.apply(scenario, colon < 0 ? "" : text.substring(colon + 1));
    }

    /**
     * Whether {@link #of} would give a strategy.
     *
     * @throws IllegalArgumentException when it would not, with the same message
     */
    public static void check(String text, Scenario scenario) {
        Strategy made = of(text, scenario);
        assert made != null;
    }

    private static Entry entry(String name) {
        Entry entry = ENTRIES.get(name);
        if (entry == null) {
            throw new IllegalArgumentException("there is no strategy '" + name + "'"
                    + Spelling.nearest(name, ENTRIES.keySet())
                            .map(near -> "; did you mean " + near + "?")
                            .orElse("; strategies are " + String.join(", ", ENTRIES.keySet())));
        }
        return entry;
    }

    private static void add(String name, String description, Function<Scenario, Strategy> make) {
        ENTRIES.put(name, new Entry(description, "", (scenario, argument) -> make.apply(scenario)));
    }

    private static void add(
            String name, String description, String argument, BiFunction<Scenario, String, Strategy> make) {
        ENTRIES.put(name, new Entry(description, argument, make));
    }

    private static Strategy faults(Retry policy) {
        return new Retrying(new Retries(policy, false));
    }

    private static Aimd fixed(String calls) {
        int most = USUAL_CONCURRENCY;
        if (!calls.isEmpty()) {
            try {
                most = Integer.parseInt(calls);
            } catch (NumberFormatException e) {
                most = 0;
            }
        }
        if (most < 1) {
            throw new IllegalArgumentException("the semaphore has '" + calls
                    + "' calls at a time; it must be a number of 1 or more, for example semaphore:20");
        }
        return new Aimd(Aimd.Settings.fixed(most));
    }

    private static Duration time(String text) {
        return GoDuration.parse(text)
                .filter(Duration::isPositive)
                .orElseThrow(() -> new IllegalArgumentException(
                        "the sleep is '" + text + "'; it must be a time above zero, for example fixed-sleep:5s"));
    }
}
