/** The two sides of the wire: what clients send, and calls of upstreams. Decides nothing about quota. */
@NullMarked
package dev.penstock.gateway.transport;

import org.jspecify.annotations.NullMarked;
