@NullMarked
package dev.penstock.emulator;

import org.jspecify.annotations.NullMarked;
