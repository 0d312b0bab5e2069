package dev.penstock.jobs;

import dev.penstock.wire.ModelFamily;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The model families of a job's rows, numbered as they appear. A stored row's stratum holds its family's number beside
 * its size, because families do not share their quotas. Beyond a bound, families share the last number. Not thread-safe.
 */
final class Families {
    static final int MOST = 64;
    static final String OTHERS = "other models";

    /** More than {@link Stratum} ever has. */
    private static final int STRATA_EACH = 256;

    private final List<String> names = new ArrayList<>();
    private final Map<String, Integer> numbers = new HashMap<>();
    private String lastModel = "";
    private int lastNumber = -1;

    /** The stratum of a row that asks this model and is charged this many tokens. */
    int stratum(String model, long tokens) {
        // Most files name one model over and over.
        if (lastNumber < 0 || !model.equals(lastModel)) {
            lastNumber = number(ModelFamily.of(model));
            lastModel = model;
        }
        return lastNumber * STRATA_EACH + Stratum.of(tokens);
    }

    private int number(String family) {
        Integer known = numbers.get(family);
        if (known != null) {
            return known;
        }
        if (names.size() == MOST - 1) {
            names.add(OTHERS);
        }
        if (names.size() == MOST) {
            return MOST - 1;
        }
        names.add(family);
        numbers.put(family, names.size() - 1);
        return names.size() - 1;
    }

    List<String> names() {
        return List.copyOf(names);
    }

    /** The lowest stratum of a family by its number. */
    static int firstStratum(int family) {
        return family * STRATA_EACH;
    }

    static int ofStratum(int stratum) {
        return stratum / STRATA_EACH;
    }
}
