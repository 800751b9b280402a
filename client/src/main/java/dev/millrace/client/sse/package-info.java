/**
 * Server-sent events over {@code java.net.http}, read by whoever waits for them: no listener, no thread of its own.
 *
 * <p>{@link dev.millrace.client.sse.SseReader} turns bytes into events and knows nothing of connections; {@link
 * dev.millrace.client.sse.SseStream} is one HTTP response read through it, with deadlines on silence.
 */
@NullMarked
package dev.millrace.client.sse;

import org.jspecify.annotations.NullMarked;
