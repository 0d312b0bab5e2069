/** The pages of {@code penstock ui}: a server on loopback that answers with files of its own and with what the engine says. */
@NullMarked
package dev.penstock.cli.ui;

import org.jspecify.annotations.NullMarked;
