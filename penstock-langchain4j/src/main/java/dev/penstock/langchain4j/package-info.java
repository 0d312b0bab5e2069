/** Models of LangChain4j, paced. */
@NullMarked
package dev.penstock.langchain4j;

import org.jspecify.annotations.NullMarked;
