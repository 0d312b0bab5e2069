package dev.penstock.jobs.plan;

import java.math.BigDecimal;

/**
 * What rows cost with a model.
 *
 * @param live US dollars, if answers are as long as they were assumed to be
 * @param batch the same through the Batch API
 * @param mostLive live, if every answer is as long as its maximum, or the model's where none is set; the same as
 *     {@code live} where nobody knows
 * @param asked whether it is the model that the rows ask; else one that would cost less
 */
public record ModelCost(String family, BigDecimal live, BigDecimal batch, BigDecimal mostLive, boolean asked) {}
