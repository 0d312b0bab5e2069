package dev.penstock.springai;

import dev.penstock.pacing.Penstock;

/** A bean that says what no property can, for example caps of a single model; called after the properties were applied. */
@FunctionalInterface
public interface PenstockBuilderCustomizer {
    /** Changes what the application's {@link Penstock} is built with. */
    void customize(Penstock.Builder builder);
}
