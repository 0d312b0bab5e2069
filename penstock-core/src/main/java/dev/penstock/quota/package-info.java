/** What may be sent now. */
@NullMarked
package dev.penstock.quota;

import org.jspecify.annotations.NullMarked;
