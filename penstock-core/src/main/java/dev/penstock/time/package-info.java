/** Where time comes from. */
@NullMarked
package dev.penstock.time;

import org.jspecify.annotations.NullMarked;
