/** Finds refusals in logs, says which limit it was, and what would have happened without them. Pure but for reading. */
@NullMarked
package dev.penstock.diagnosis;

import org.jspecify.annotations.NullMarked;
