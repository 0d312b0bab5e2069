/** What one sees of the gateway: metrics, health, the live page. */
@NullMarked
package dev.penstock.gateway.admin;

import org.jspecify.annotations.NullMarked;
