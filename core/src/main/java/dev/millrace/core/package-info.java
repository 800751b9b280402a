/**
 * The three primitives that everything else stands on, and nothing else.
 *
 * <ul>
 *   <li>{@link dev.millrace.core.Doorbell}: a wake-up that is never lost.
 *   <li>{@link dev.millrace.core.Journal}, read through {@link dev.millrace.core.Cursor}s: an ordered log of events where
 *       a slow reader loses nothing and holds up nobody; {@link dev.millrace.core.Sweeper} for its heartbeats.
 *   <li>{@link dev.millrace.core.Prefetch}: ordered fan-out and fan-in with a sliding window.
 * </ul>
 *
 * They need the JDK alone, know nothing of HTTP, files or agents, block plainly (they are made for virtual threads), and
 * use no timer unless they say so.
 */
@NullMarked
package dev.millrace.core;

import org.jspecify.annotations.NullMarked;
