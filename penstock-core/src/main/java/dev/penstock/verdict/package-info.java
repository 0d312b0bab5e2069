/** What an answer means and what to do about it. */
@NullMarked
package dev.penstock.verdict;

import org.jspecify.annotations.NullMarked;
