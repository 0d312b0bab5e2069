/** What the gateway is told: upstreams, virtual keys, bounds. */
@NullMarked
package dev.penstock.gateway.config;

import org.jspecify.annotations.NullMarked;
