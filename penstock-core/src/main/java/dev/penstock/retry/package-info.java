/** When and whether to try again after a fault. */
@NullMarked
package dev.penstock.retry;

import org.jspecify.annotations.NullMarked;
