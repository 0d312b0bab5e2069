/**
 * Chooses between batch and live calls by a deadline: batches cost half, and only live calls come when they are wanted. Pure:
 * what is known comes in as values, what is to be done comes out.
 */
@NullMarked
package dev.penstock.jobs.auto;

import org.jspecify.annotations.NullMarked;
