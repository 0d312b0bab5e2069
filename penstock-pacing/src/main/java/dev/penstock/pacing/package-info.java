/** Pacing for an application's own calls: they wait for quota, in order, instead of failing with 429. */
@NullMarked
package dev.penstock.pacing;

import org.jspecify.annotations.NullMarked;
