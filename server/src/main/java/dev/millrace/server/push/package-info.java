/**
 * Pushes: the events of a task, sent to a receiver that its client named.
 *
 * <p>{@link dev.millrace.server.push.Pushes} keeps the configurations and delivers.
 */
@NullMarked
package dev.millrace.server.push;

import org.jspecify.annotations.NullMarked;
