/**
 * A2A v1.0 over the engine, and the cards of its agents.
 *
 * <p>{@link dev.millrace.server.a2a.A2aService} is A2A without a transport: it takes the protocol's requests in the name of
 * a {@link dev.millrace.server.a2a.Caller} and gives tasks, or a {@link dev.millrace.server.a2a.TaskStream} that a binding
 * pumps to its client. What a binding adds is its envelope, its codes and its way to resume.
 *
 * <p>{@link dev.millrace.server.a2a.A2aEndpoints} puts the JSON-RPC binding and the cards on a router.
 */
@NullMarked
package dev.millrace.server.a2a;

import org.jspecify.annotations.NullMarked;
