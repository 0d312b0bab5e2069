package dev.penstock.emulator;

import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which oddities befall which batches. Immutable and thread-safe.
 *
 * @param batches for each oddity the batches that it befalls, by the order of their creation from 1; 0 stands for all
 */
public record BatchQuirks(Map<BatchQuirk, Set<Integer>> batches) {
    private static final int ALL = 0;

    public BatchQuirks {
        EnumMap<BatchQuirk, Set<Integer>> copy = new EnumMap<>(BatchQuirk.class);
        batches.forEach((quirk, numbers) -> copy.put(quirk, Set.copyOf(numbers)));
        batches = Map.copyOf(copy);
    }

    public static BatchQuirks none() {
        return new BatchQuirks(Map.of());
    }

    /** Oddities of every batch. */
    public static BatchQuirks always(BatchQuirk... quirks) {
        return new BatchQuirks(
                Arrays.stream(quirks).distinct().collect(Collectors.toMap(quirk -> quirk, quirk -> Set.of(ALL))));
    }

    /**
     * Reads {@code all-failed:2,unordered}: the first befalls the second batch, the other one all of them.
     *
     * @throws IllegalArgumentException when a name or a number is not understood
     */
    public static BatchQuirks parse(Collection<String> texts) {
        Map<BatchQuirk, Set<Integer>> batches = new EnumMap<>(BatchQuirk.class);
        for (String text : texts) {
            for (String part : List.of(text.split(",", -1))) {
                if (!part.isBlank()) {
                    int colon = part.indexOf(':');
                    String word = colon < 0 ? part : part.substring(0, colon);
                    batches.computeIfAbsent(quirk(word.strip(), part), ignored -> new HashSet<>())
                            .add(
                                    colon < 0
                                            ? ALL
                                            : number(part.substring(colon + 1).strip(), part));
                }
            }
        }
        return new BatchQuirks(batches);
    }

    private static BatchQuirk quirk(String word, String part) {
        return Arrays.stream(BatchQuirk.values())
                .filter(quirk -> quirk.word().equals(word.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> refusal(part));
    }

    private static int number(String text, String part) {
        if (!text.matches("[1-9]\\d{0,8}")) {
            throw refusal(part);
        }
        return Integer.parseInt(text);
    }

    private static IllegalArgumentException refusal(String part) {
        String words = Arrays.stream(BatchQuirk.values()).map(BatchQuirk::word).collect(Collectors.joining(", "));
        return new IllegalArgumentException("batch quirk is '" + part.strip() + "'; it must be one of " + words
                + ", for one batch alone with its number, for example all-failed:2");
    }

    /** @param number of the batch, from 1 */
    boolean befalls(BatchQuirk quirk, int number) {
        Set<Integer> numbers = batches.getOrDefault(quirk, Set.of());
        return numbers.contains(ALL) || numbers.contains(number);
    }
}
