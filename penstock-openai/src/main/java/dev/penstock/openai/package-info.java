/** The official OpenAI client for Java, paced. */
@NullMarked
package dev.penstock.openai;

import org.jspecify.annotations.NullMarked;
