/** Outbound HTTP/1.1 connections and what their failures mean. */
@NullMarked
package dev.penstock.http;

import org.jspecify.annotations.NullMarked;
