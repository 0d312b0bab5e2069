package dev.penstock.emulator;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How often each fault befalls an admitted request. Immutable and thread-safe.
 *
 * @param shares shares between 0 and 1 that add up to at most 1; a fault that is not listed does not happen
 */
public record FaultPlan(Map<Fault, Double> shares) {
    public FaultPlan {
        EnumMap<Fault, Double> copy = new EnumMap<>(Fault.class);
        copy.putAll(shares);
        double sum = 0;
        for (Map.Entry<Fault, Double> entry : copy.entrySet()) {
            double share = entry.getValue();
            if (!(share >= 0 && share <= 1)) {
                throw new IllegalArgumentException("fault " + entry.getKey().word() + " has the share " + share
                        + "; a share must be between 0 and 1 (0% and 100%)");
            }
            sum += share;
        }
        if (sum > 1 + 1e-9) {
            throw new IllegalArgumentException(
                    "the shares of all faults add up to " + sum + "; together they must be at most 1 (100%)");
        }
        shares = Collections.unmodifiableMap(copy);
    }

    /** No faults. */
    public static FaultPlan none() {
        return new FaultPlan(Map.of());
    }

    /**
     * Reads faults as {@code 500=5%,reset=2%,hang=0.01}; an empty text means none.
     *
     * @throws IllegalArgumentException when a fault or a share is not understood
     */
    public static FaultPlan parse(String text) {
        EnumMap<Fault, Double> shares = new EnumMap<>(Fault.class);
        for (String part : text.split(",", -1)) {
            if (part.isBlank()) {
                continue;
            }
            int equals = part.indexOf('=');
            if (equals < 0) {
                throw refusal(part);
            }
            String word = part.substring(0, equals).strip().toLowerCase(Locale.ROOT);
            Fault fault = Arrays.stream(Fault.values())
                    .filter(candidate -> candidate.word().equals(word))
                    .findFirst()
                    .orElseThrow(() -> refusal(part));
            double share = Share.parse(part.substring(equals + 1)).orElseThrow(() -> refusal(part));
            if (shares.put(fault, share) != null) {
                throw new IllegalArgumentException("fault " + word + " is given twice; give each fault once");
            }
        }
        return new FaultPlan(shares);
    }

    private static IllegalArgumentException refusal(String part) {
        String words = Arrays.stream(Fault.values()).map(Fault::word).collect(Collectors.joining(", "));
        return new IllegalArgumentException("fault is '" + part.strip() + "'; it must be NAME=SHARE with a name of "
                + words + " and a share such as 5% or 0.05, for example 500=5%");
    }

    /**
     * The fault for one request.
     *
     * @param draw uniform in [0, 1)
     */
    public Optional<Fault> pick(double draw) {
        double from = 0;
        for (Map.Entry<Fault, Double> entry : shares.entrySet()) {
            from += entry.getValue();
            if (draw < from) {
                return Optional.of(entry.getKey());
            }
        }
        return Optional.empty();
    }
}
