/**
 * What becomes of rows that go through the Batch API: pure decisions, without threads, sockets, files or clocks. Whoever
 * drives them tells them the time and what happened, and does what they say next.
 */
@NullMarked
package dev.penstock.jobs.batch;

import org.jspecify.annotations.NullMarked;
