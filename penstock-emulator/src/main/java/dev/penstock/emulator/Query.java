package dev.penstock.emulator;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The parameters of a list: what stands after the question mark. Immutable. */
final class Query {
    private final Map<String, String> values = new HashMap<>();

    Query(String text) {
        for (String pair : text.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                values.put(decoded(pair.substring(0, equals)), decoded(pair.substring(equals + 1)));
            }
        }
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(values.get(name)).filter(value -> !value.isEmpty());
    }

    /** How many are asked for; empty when that is not a number from 1 to {@code most}. */
    Optional<Integer> limit(int unset, int most) {
        Optional<String> given = text("limit");
        if (given.isEmpty()) {
            return Optional.of(unset);
        }
        return given.filter(text -> text.matches("\\d{1,6}"))
                .map(Integer::valueOf)
                .filter(limit -> limit >= 1 && limit <= most);
    }
}
