/**
 * Contexts, tasks and turns: the one place where work is accepted, ordered, run, recorded and recovered.
 *
 * <p>The front door is {@link dev.millrace.engine.Engine}; agents see {@link dev.millrace.engine.Agent} and {@link
 * dev.millrace.engine.Turn}. What persists is behind {@link dev.millrace.engine.store.Store}; the rules are here, once.
 */
@NullMarked
package dev.millrace.engine;

import org.jspecify.annotations.NullMarked;
