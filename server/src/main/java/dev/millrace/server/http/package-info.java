/**
 * The HTTP edge: one port that speaks HTTP/1.1, HTTP/2, Server-Sent Events, WebSocket and gRPC, in cleartext and TLS.
 *
 * <p>The front door is short. A {@link dev.millrace.server.http.Router} maps paths to
 * {@link dev.millrace.server.http.Endpoint}s; an endpoint is blocking code on a virtual thread of its own that reads
 * top to bottom and holds one {@link dev.millrace.server.http.Exchange}. What streams goes through an
 * {@link dev.millrace.server.http.EventStream} or a {@link dev.millrace.server.http.WebSocketSession}, each of which
 * can pump a journal's cursor until the stream is complete, the client is gone or the server stops.
 *
 * <p>This package knows nothing of agents, tasks or protocols above HTTP. Why the server below is Jetty, and which traps
 * that brings: {@code docs/decisions/http-server.md}.
 */
@NullMarked
package dev.millrace.server.http;

import org.jspecify.annotations.NullMarked;
