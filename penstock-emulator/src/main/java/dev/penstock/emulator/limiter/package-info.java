/** The shapes in which providers enforce a limit, without sockets or a clock of their own. */
@NullMarked
package dev.penstock.emulator.limiter;

import org.jspecify.annotations.NullMarked;
