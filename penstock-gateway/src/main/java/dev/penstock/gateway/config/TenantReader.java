package dev.penstock.gateway.config;

import dev.penstock.limit.Limit;
import dev.penstock.queue.Priority;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Reads the tenants of one file and their keys. Not thread-safe. */
final class TenantReader {
    private static final BigDecimal LEAST_WEIGHT = new BigDecimal("0.01");
    private static final BigDecimal MOST_WEIGHT = BigDecimal.valueOf(1_000);
    private static final BigDecimal LEAST_DOLLARS = new BigDecimal("0.000001");
    private static final long MOST_CALLS = 100_000;
    private static final long MOST_TOKENS = 1_000_000_000_000_000L;

    private static final Map<String, Priority> PRIORITIES = words(Priority.values());
    private static final Map<String, Budget.Period> PERIODS = new LinkedHashMap<>();

    static {
        for (Budget.Period each : Budget.Period.values()) {
            PERIODS.put(each.label(), each);
        }
    }

    private final Map<String, Integer> lines = new HashMap<>();
    private final Map<KeyHash, Integer> keyLines = new HashMap<>();
    private final Map<KeyHash, Tenant> keys = new LinkedHashMap<>();

    private static Map<String, Priority> words(Priority[] values) {
        Map<String, Priority> words = new LinkedHashMap<>();
        for (Priority each : values) {
            words.put(each.name().toLowerCase(Locale.ROOT), each);
        }
        return words;
    }

    Map<KeyHash, Tenant> keys() {
        return keys;
    }

    void read(Section section) {
        Optional<String> name = section.text("name", ConfigText.NAME, ConfigText.NAME_RULE);
        if (!section.has("name")) {
            section.missing("name", "search");
        }
        name.ifPresent(each -> {
            Integer earlier = lines.putIfAbsent(each, section.line("name"));
            if (earlier != null) {
                section.complain(
                        "name",
                        "the tenant " + Shown.value(each)
                                + " for the second time; names are unique; it is also in line " + earlier
                                + ", rename one or put the keys together");
            }
        });
        List<KeyHash> hashes = hashes(section);
        Optional<BigDecimal> weight =
                section.decimal("weight", LEAST_WEIGHT, MOST_WEIGHT, "a number from 0.01 to 1,000, such as 3");
        Optional<Priority> priority = section.choice("priority", PRIORITIES);
        List<String> models = section.texts("models", ConfigText.MODELS, ConfigText.MODELS_RULE);
        List<Limit> limits = section.section("limits", "limits of a tenant")
                .map(each -> {
                    List<Limit> read = LimitsReader.read(each);
                    each.end();
                    return read;
                })
                .orElse(List.of());
        OptionalLong concurrency = section.whole("concurrency", 1, MOST_CALLS, "10");
        Optional<Budget> budget = section.section("budget", "a budget").flatMap(TenantReader::budget);
        section.end();
        Tenant tenant = new Tenant(
                name.orElse(""),
                weight.orElse(BigDecimal.ONE).doubleValue(),
                priority.orElse(Priority.INTERACTIVE),
                models,
                limits,
                concurrency.isPresent() ? OptionalInt.of((int) concurrency.getAsLong()) : OptionalInt.empty(),
                budget);
        hashes.forEach(hash -> keys.put(hash, tenant));
    }

    private List<KeyHash> hashes(Section section) {
        String rule = "a list of hashes of keys, such as [\"" + KeyHash.PREFIX + "…\"]";
        if (!section.has("keys")) {
            section.missing("keys", "[\"" + KeyHash.PREFIX + "…\"]");
        }
        Map<KeyHash, Integer> hashes = new LinkedHashMap<>();
        for (Node item : section.list("keys", rule)) {
            Optional<KeyHash> hash =
                    item instanceof ScalarNode scalar ? KeyHash.parse(scalar.getValue()) : Optional.empty();
            if (hash.isEmpty()) {
                section.complainAt(item, notAHash(item));
                continue;
            }
            Integer earlier = keyLines.putIfAbsent(hash.get(), Problems.line(item));
            if (earlier != null) {
                section.complainAt(
                        item,
                        "a key's hash for the second time; a key belongs to one tenant; it is also in line " + earlier
                                + ", take one out");
            }
            hashes.put(hash.get(), Problems.line(item));
        }
        return List.copyOf(hashes.keySet());
    }

    private static String notAHash(Node item) {
        String what;
        if (!(item instanceof ScalarNode scalar)) {
            what = "one of keys is " + Section.kind(item);
        } else if (scalar.getValue().startsWith(KeyHash.PREFIX)) {
            what = "one of keys is \"" + KeyHash.PREFIX + "\" and "
                    + (scalar.getValue().length() - KeyHash.PREFIX.length()) + " characters that are no such hash";
        } else {
            what = "one of keys is no hash but perhaps the key itself (not shown)";
        }
        return what + "; only \"" + KeyHash.PREFIX + "\" and the " + KeyHash.DIGITS
                + " hexadecimal digits of a key's hash may stand here; make a key and its hash with"
                + " \"penstock gateway --new-key\", or hash your own with \"printf %s KEY | sha256sum\"";
    }

    private static Optional<Budget> budget(Section section) {
        OptionalLong tokens = section.whole("tokens", 1, MOST_TOKENS, "1_000_000");
        Optional<BigDecimal> dollars = section.decimal(
                "dollars", LEAST_DOLLARS, Budget.MOST_DOLLARS, "dollars from 0.000001 to 1,000,000,000, such as 5.00");
        Optional<Budget.Period> period = section.choice("per", PERIODS);
        if (!section.has("tokens") && !section.has("dollars")) {
            section.complain("a budget of nothing; give tokens, dollars or both");
        }
        if (!section.has("per")) {
            section.missing("per", "day");
        }
        section.end();
        return period.isEmpty() || (tokens.isEmpty() && dollars.isEmpty())
                ? Optional.empty()
                : Optional.of(new Budget(tokens, dollars, period.get()));
    }
}
