/** Who is served next of those who wait for quota. */
@NullMarked
package dev.penstock.queue;

import org.jspecify.annotations.NullMarked;
