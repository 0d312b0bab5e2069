@NullMarked
package dev.penstock.wire;

import org.jspecify.annotations.NullMarked;
