package dev.penstock.quota;

import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitState;
import java.util.List;

/**
 * Knows limits that a provider enforces but does not show. Models with a daily request limit show only that one in their
 * headers, and their limit per minute stays invisible until it refuses; a tier table can tell it from what is shown.
 */
@FunctionalInterface
public interface HiddenLimits {
    /**
     * @param shown the limits that the first answer showed
     * @return further limits that apply to the same account and model; empty when nothing is known
     */
    List<Limit> impliedBy(List<LimitState> shown);

    static HiddenLimits unknown() {
        return shown -> List.of();
    }
}
