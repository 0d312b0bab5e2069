/** Finds out what an API allows by asking it a few of its cheapest questions. */
@NullMarked
package dev.penstock.jobs.doctor;

import org.jspecify.annotations.NullMarked;
