/** A real browser for the tests of pages. Not published. */
@NullMarked
package dev.penstock.browser;

import org.jspecify.annotations.NullMarked;
