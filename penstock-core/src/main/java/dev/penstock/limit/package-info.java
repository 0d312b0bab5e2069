/** What a provider limits, and what a request costs. */
@NullMarked
package dev.penstock.limit;

import org.jspecify.annotations.NullMarked;
