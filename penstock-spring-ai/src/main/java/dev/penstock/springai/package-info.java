/** Models of Spring AI, paced, and the auto-configuration of that for Spring Boot. */
@NullMarked
package dev.penstock.springai;

import org.jspecify.annotations.NullMarked;
