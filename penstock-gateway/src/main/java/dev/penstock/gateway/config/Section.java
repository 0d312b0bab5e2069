package dev.penstock.gateway.config;

import dev.penstock.wire.GoDuration;
import dev.penstock.wire.Spelling;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A group of keys and values of a file, while it is read. Each key is asked for once, which makes it a known one;
 * {@link #end} complains about all others. A value that cannot be used is a problem and then absent. Not thread-safe.
 */
final class Section {
    private static final Pattern WHOLE = Pattern.compile("[0-9]+(_[0-9]+)*");
    private static final Pattern DECIMAL = Pattern.compile("[0-9]+(_[0-9]+)*(\\.[0-9]+)?");
    private static final Pattern SIZE = Pattern.compile("([0-9]+(?:_[0-9]+)*)(B|KiB|MiB|GiB)?");

    /** More digits than any number here has; longer ones would take long to read. */
    private static final int MOST_DIGITS = 24;

    /** Some items are compared with all others. */
    private static final int MOST_ITEMS = 10_000;

    private final MappingNode node;
    private final String name;
    private final Problems problems;
    private final Map<String, NodeTuple> members = new LinkedHashMap<>();
    private final List<String> known = new ArrayList<>();

    /** @param name as messages call it, with its article: "an upstream" */
    Section(MappingNode node, String name, Problems problems) {
        this.node = node;
        this.name = name;
        this.problems = problems;
        for (NodeTuple member : node.getValue()) {
            if (!(member.getKeyNode() instanceof ScalarNode key)) {
                problems.add(
                        member.getKeyNode(),
                        kind(member.getKeyNode()) + " as a key; keys here are names; see examples/gateway.yaml");
                continue;
            }
            NodeTuple earlier = members.putIfAbsent(key.getValue(), member);
            if (earlier != null) {
                problems.add(
                        key,
                        "the key " + Shown.value(key.getValue())
                                + " for the second time; each stands once; it is also in" + " line "
                                + Problems.line(earlier.getKeyNode()));
            }
        }
    }

    /** What a value is, for a message. */
    static String kind(Node value) {
        return switch (value) {
            case SequenceNode list -> "a list";
            case MappingNode group -> "a group of keys";
            case ScalarNode scalar when scalar.getTag().equals(Tag.NULL) -> "empty";
            case ScalarNode scalar -> Shown.value(scalar.getValue());
            default -> "something else";
        };
    }

    boolean has(String key) {
        return members.containsKey(key);
    }

    /** Complains about the value of a key or, if it is absent, about the section. */
    void complain(String key, String text) {
        NodeTuple member = members.get(key);
        problems.add(member == null ? node : member.getValueNode(), text);
    }

    /** Complains about the section as a whole. */
    void complain(String text) {
        problems.add(node, text);
    }

    /** Complains that a key is missing. */
    void missing(String key, String example) {
        problems.add(
                node, name + " without " + key + "; each needs one; add for example \"" + key + ": " + example + "\"");
    }

    /** The line where the value of a key stands, or the section begins. */
    int line(String key) {
        NodeTuple member = members.get(key);
        return Problems.line(member == null ? node : member.getValueNode());
    }

    /** To be called when every key was asked for. */
    void end() {
        for (Map.Entry<String, NodeTuple> member : members.entrySet()) {
            if (!known.contains(member.getKey())) {
                problems.add(
                        member.getValue().getKeyNode(),
                        "unknown key " + Shown.value(member.getKey()) + " in " + name
                                + Spelling.nearest(member.getKey(), known)
                                        .map(near -> "; did you mean " + near + "? The")
                                        .orElse("; the")
                                + " keys are: " + String.join(", ", known));
            }
        }
    }

    private Optional<Node> value(String key) {
        known.add(key);
        NodeTuple member = members.get(key);
        if (member == null) {
            return Optional.empty();
        }
        Node value = member.getValueNode();
        if (value.getTag().equals(Tag.NULL)) {
            problems.add(
                    member.getKeyNode(),
                    key + " has no value; a key that is given needs one; add it or take the key out");
            return Optional.empty();
        }
        return Optional.of(value);
    }

    private Optional<String> scalar(String key, String rule) {
        Optional<Node> value = value(key);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        if (value.get() instanceof ScalarNode scalar) {
            return Optional.of(scalar.getValue());
        }
        complain(key, key + " is " + kind(value.get()) + "; it must be " + rule);
        return Optional.empty();
    }

    /** Text that matches a pattern as a whole. */
    Optional<String> text(String key, Pattern pattern, String rule) {
        return value(key).flatMap(value -> text(value, key, pattern, rule));
    }

    private Optional<String> text(Node value, String what, Pattern pattern, String rule) {
        if (!(value instanceof ScalarNode scalar)) {
            problems.add(value, what + " is " + kind(value) + "; it must be " + rule);
            return Optional.empty();
        }
        String text = scalar.getValue();
        if (!scalar.getTag().equals(Tag.STR)) {
            problems.add(
                    value,
                    what + " is " + Shown.value(text) + ", which YAML does not take for text; it must be " + rule
                            + "; put it in quotes");
            return Optional.empty();
        }
        if (!pattern.matcher(text).matches()) {
            problems.add(value, what + " is " + Shown.value(text) + "; it must be " + rule);
            return Optional.empty();
        }
        return Optional.of(text);
    }

    /** One or more texts that match a pattern. */
    List<String> texts(String key, Pattern pattern, String rule) {
        List<String> texts = new ArrayList<>();
        for (Node item : list(key, "a list, each of it " + rule)) {
            text(item, "one of " + key, pattern, rule).ifPresent(texts::add);
        }
        return texts;
    }

    /** A whole number; its digits may be grouped by underscores. */
    OptionalLong whole(String key, long least, long most, String example) {
        String rule =
                "a whole number from " + Shown.number(least) + " to " + Shown.number(most) + ", such as " + example;
        Optional<String> text = scalar(key, rule);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        if (text.get().length() <= MOST_DIGITS && WHOLE.matcher(text.get()).matches()) {
            BigDecimal value = new BigDecimal(text.get().replace("_", ""));
            if (isWithin(value, BigDecimal.valueOf(least), BigDecimal.valueOf(most))) {
                return OptionalLong.of(value.longValueExact());
            }
        }
        complain(key, key + " is " + Shown.value(text.get()) + "; it must be " + rule);
        return OptionalLong.empty();
    }

    /** A number with or without decimals. */
    Optional<BigDecimal> decimal(String key, BigDecimal least, BigDecimal most, String rule) {
        Optional<String> text = scalar(key, rule);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        if (text.get().length() <= MOST_DIGITS && DECIMAL.matcher(text.get()).matches()) {
            BigDecimal value = new BigDecimal(text.get().replace("_", ""));
            if (isWithin(value, least, most)) {
                return Optional.of(value);
            }
        }
        complain(key, key + " is " + Shown.value(text.get()) + "; it must be " + rule);
        return Optional.empty();
    }

    private static boolean isWithin(BigDecimal value, BigDecimal least, BigDecimal most) {
        return value.compareTo(least) >= 0 && value.compareTo(most) <= 0;
    }

    /** A length of time such as 90s or 1h30m. */
    Optional<Duration> duration(String key, Duration least, Duration most, String example) {
        String rule = "a duration from " + shown(least) + " to " + shown(most) + ", such as " + example;
        Optional<String> text = scalar(key, rule);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        Optional<Duration> duration =
                GoDuration.parse(text.get()).filter(each -> each.compareTo(least) >= 0 && each.compareTo(most) <= 0);
        if (duration.isEmpty()) {
            complain(key, key + " is " + Shown.value(text.get()) + "; it must be " + rule);
        }
        return duration;
    }

    /** Without the parts that are zero: 24h instead of 24h0m0s. */
    private static String shown(Duration duration) {
        return GoDuration.format(duration).replaceFirst("(?<=[hm])0s$", "").replaceFirst("(?<=h)0m$", "");
    }

    /** Bytes, with or without a unit. */
    OptionalLong size(String key, long least, long most, String example) {
        String rule = "a size from " + size(least) + " to " + size(most) + " in B, KiB, MiB or GiB, such as " + example;
        Optional<String> text = scalar(key, rule);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        Matcher size = SIZE.matcher(text.get());
        if (text.get().length() <= MOST_DIGITS && size.matches()) {
            long unit = switch (Optional.ofNullable(size.group(2)).orElse("B")) {
                case "KiB" -> 1L << 10;
                case "MiB" -> 1L << 20;
                case "GiB" -> 1L << 30;
                default -> 1;
            };
            BigDecimal bytes = new BigDecimal(size.group(1).replace("_", "")).multiply(BigDecimal.valueOf(unit));
            if (isWithin(bytes, BigDecimal.valueOf(least), BigDecimal.valueOf(most))) {
                return OptionalLong.of(bytes.longValueExact());
            }
        }
        complain(key, key + " is " + Shown.value(text.get()) + "; it must be " + rule);
        return OptionalLong.empty();
    }

    private static String size(long bytes) {
        if (bytes >= 1L << 30) {
            return (bytes >> 30) + "GiB";
        }
        return bytes >= 1L << 20 ? (bytes >> 20) + "MiB" : (bytes >> 10) + "KiB";
    }

    Optional<Boolean> flag(String key) {
        Optional<Node> value = value(key);
        if (value.isPresent()
                && value.get() instanceof ScalarNode scalar
                && scalar.getTag().equals(Tag.BOOL)) {
            return Optional.of(Boolean.parseBoolean(scalar.getValue()));
        }
        value.ifPresent(given -> problems.add(given, key + " is " + kind(given) + "; it must be true or false"));
        return Optional.empty();
    }

    /** One of some words. */
    <T> Optional<T> choice(String key, Map<String, T> words) {
        String rule = "one of " + String.join(", ", words.keySet());
        Optional<String> text = scalar(key, rule);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        Optional<T> chosen = Optional.ofNullable(words.get(text.get()));
        if (chosen.isEmpty()) {
            complain(
                    key,
                    key + " is " + Shown.value(text.get()) + "; it must be " + rule
                            + Spelling.nearest(text.get(), words.keySet())
                                    .map(near -> "; did you mean " + near + "?")
                                    .orElse(""));
        }
        return chosen;
    }

    /** A group of keys below a key. */
    Optional<Section> section(String key, String sectionName) {
        Optional<Node> value = value(key);
        if (value.isPresent() && value.get() instanceof MappingNode group) {
            return Optional.of(new Section(group, sectionName, problems));
        }
        value.ifPresent(given -> problems.add(
                given, key + " is " + kind(given) + "; it must be a group of keys, such as \"" + key + ": {…}\""));
        return Optional.empty();
    }

    /** Groups of keys below a key. */
    List<Section> sections(String key, String sectionName) {
        List<Section> sections = new ArrayList<>();
        for (Node item : list(key, "a list of groups of keys, each after a \"- \"")) {
            if (item instanceof MappingNode group) {
                sections.add(new Section(group, sectionName, problems));
            } else {
                problems.add(item, "one of " + key + " is " + kind(item) + "; each must be a group of keys");
            }
        }
        return sections;
    }

    /** The items of a list, none if there is no such key. */
    List<Node> list(String key, String rule) {
        Optional<Node> value = value(key);
        if (value.isEmpty()) {
            return List.of();
        }
        if (!(value.get() instanceof SequenceNode list)) {
            problems.add(value.get(), key + " is " + kind(value.get()) + "; it must be " + rule);
            return List.of();
        }
        if (list.getValue().isEmpty()) {
            problems.add(
                    list, key + " is an empty list; it must have at least one item; take the key out if none is meant");
        }
        if (list.getValue().size() > MOST_ITEMS) {
            problems.add(
                    list,
                    key + " has " + Shown.number(list.getValue().size()) + " items; it may have "
                            + Shown.number(MOST_ITEMS) + " at most; take some out");
            return List.of();
        }
        return list.getValue();
    }

    /** Complains about one item of a list. */
    void complainAt(Node item, String text) {
        problems.add(item, text);
    }
}
