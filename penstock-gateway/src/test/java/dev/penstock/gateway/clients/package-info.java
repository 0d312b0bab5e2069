/** The official clients, unchanged, against what they are told is the API. */
@NullMarked
package dev.penstock.gateway.clients;

import org.jspecify.annotations.NullMarked;
