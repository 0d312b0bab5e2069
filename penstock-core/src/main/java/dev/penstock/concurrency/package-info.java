/** How many calls may be in flight at once. */
@NullMarked
package dev.penstock.concurrency;

import org.jspecify.annotations.NullMarked;
