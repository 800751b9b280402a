/**
 * The A2A client: sends messages to any A2A v1.0 server and reads what its agents make, as it is made.
 *
 * <p>{@link dev.millrace.client.A2aClient} is the front door. Everything blocks and is meant for virtual threads; the
 * client has no threads of its own beside those of {@code java.net.http} and gRPC. A {@link dev.millrace.client.TaskStream} is
 * read in a plain loop and survives a lost connection by itself.
 *
 * <p>What an operation is stands once, in {@code Operation}; each binding is a {@code Transport} with a table of where the
 * operations go in it. Tenants, interceptors and tries are above them, in {@code Calls}. gRPC's libraries are optional:
 * {@code GrpcTransport} is loaded only where they are used.
 */
@NullMarked
package dev.millrace.client;

import org.jspecify.annotations.NullMarked;
