/**
 * The A2A client: sends messages to any A2A v1.0 server and reads what its agents make, as it is made.
 *
 * <p>{@link dev.millrace.client.A2aClient} is the front door. Everything blocks and is meant for virtual threads; the
 * client has no threads of its own beside those of {@code java.net.http}. A {@link dev.millrace.client.TaskStream} is
 * read in a plain loop and survives a lost connection by itself.
 */
@NullMarked
package dev.millrace.client;

import org.jspecify.annotations.NullMarked;
