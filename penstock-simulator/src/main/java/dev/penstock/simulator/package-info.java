/**
 * Rate limits and what clients do about them, in virtual time: the emulator's limiters on one side, the decisions of the
 * core on the other.
 */
@NullMarked
package dev.penstock.simulator;

import org.jspecify.annotations.NullMarked;
