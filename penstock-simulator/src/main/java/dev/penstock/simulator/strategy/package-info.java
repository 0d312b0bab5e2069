/** What clients do with a limit, each in a small class, chosen by name. */
@NullMarked
package dev.penstock.simulator.strategy;

import org.jspecify.annotations.NullMarked;
