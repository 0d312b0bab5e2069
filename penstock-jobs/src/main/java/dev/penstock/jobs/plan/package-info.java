/**
 * Says what a job is going to be like before a row of it is sent: tokens, costs, times, and what would make it better. Reads
 * the input once, asks nobody, and stores nothing.
 */
@NullMarked
package dev.penstock.jobs.plan;

import org.jspecify.annotations.NullMarked;
