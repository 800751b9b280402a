/**
 * LangChain4j's models and AI services as agents ({@link dev.millrace.langchain4j.LangChainAgent}), and its {@code @Tool}
 * methods as tools of agents ({@link dev.millrace.langchain4j.Tools}).
 */
@NullMarked
package dev.millrace.langchain4j;

import org.jspecify.annotations.NullMarked;
