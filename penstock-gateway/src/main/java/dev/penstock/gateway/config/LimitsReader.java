package dev.penstock.gateway.config;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import java.util.ArrayList;
import java.util.List;

/** Reads limits, which upstreams and tenants write in the same way. */
final class LimitsReader {
    private static final long MOST_REQUESTS = 1_000_000_000;
    private static final long MOST_TOKENS = 1_000_000_000_000L;

    private LimitsReader() {}

    /** The limits in a section; the caller ends it. */
    static List<Limit> read(Section section) {
        List<Limit> limits = new ArrayList<>();
        add(section, "rpm", Dimension.REQUESTS_PER_MINUTE, MOST_REQUESTS, "500", limits);
        add(section, "tpm", Dimension.TOKENS_PER_MINUTE, MOST_TOKENS, "200_000", limits);
        add(section, "rpd", Dimension.REQUESTS_PER_DAY, MOST_REQUESTS, "10_000", limits);
        add(section, "tpd", Dimension.TOKENS_PER_DAY, MOST_TOKENS, "2_000_000", limits);
        if (!section.has("rpm") && !section.has("tpm") && !section.has("rpd") && !section.has("tpd")) {
            section.complain("limits without a limit; give one or more of rpm, tpm, rpd and tpd");
        }
        return limits;
    }

    private static void add(
            Section section, String key, Dimension dimension, long most, String example, List<Limit> limits) {
        section.whole(key, 1, most, example).ifPresent(amount -> limits.add(new Limit(dimension, amount)));
    }
}
