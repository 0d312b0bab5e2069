/** The proxy: it queues requests for quota, sends them and passes the answers on. */
@NullMarked
package dev.penstock.gateway;

import org.jspecify.annotations.NullMarked;
