package dev.millrace.server.http;

/** Accepts or refuses WebSocket connections of one route. */
@FunctionalInterface
public interface WebSocketEndpoint {

    /**
     * Looks at the upgrade request and says who will hold the connection. Read from the exchange, do not answer it.
     * Runs on a virtual thread of its own.
     *
     * @throws HttpProblem to refuse the upgrade with a problem document
     */
    WebSocketHandler upgrade(Exchange exchange) throws Exception;
}
