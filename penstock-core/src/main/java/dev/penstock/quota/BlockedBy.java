package dev.penstock.quota;

import dev.penstock.limit.Dimension;
import java.util.Locale;

/** Why a request may not be sent now. */
public sealed interface BlockedBy {
    /** One clause for a person, for example {@code the limit of 200,000 tokens per minute}. */
    String explanation();

    /**
     * A limit has no room, or the provider closed it for a while.
     *
     * @param limit units granted per window
     * @param needed units that the request takes
     */
    record ByLimit(Dimension dimension, long limit, long needed, LimitSource source) implements BlockedBy {
        @Override
        public String explanation() {
            return "the limit of " + String.format(Locale.ROOT, "%,d", limit) + " " + dimension.label()
                    + (source == LimitSource.CAP ? " (as configured)" : "");
        }
    }

    /** As many calls are in flight as the provider seems to bear. */
    record ByConcurrency(int limit) implements BlockedBy {
        @Override
        public String explanation() {
            return "the limit of " + limit + " calls in flight";
        }
    }

    /** The provider refused without saying which limit, or asked to slow down. */
    record ByProvider() implements BlockedBy {
        @Override
        public String explanation() {
            return "the provider's request to slow down";
        }
    }

    /** No answer has come yet that tells the limits. */
    record ByUnknownLimits() implements BlockedBy {
        @Override
        public String explanation() {
            return "limits that are not known yet";
        }
    }
}
