package dev.millrace.server.http;

/** Holds one WebSocket connection. */
@FunctionalInterface
public interface WebSocketHandler {

    /**
     * The connection's life: runs on a virtual thread of its own from open on. When it returns, the connection is
     * closed with 1000; when it throws, with 1011. A handler that only answers messages ends with
     * {@link WebSocketSession#awaitClose()}.
     */
    void run(WebSocketSession session) throws Exception;

    /**
     * One text message. Called in order, on another thread than {@link #run}, and may block; the next message is not read
     * before this returns, so a slow receiver slows its sender. May come before {@code run} has begun.
     *
     * @throws Exception closes the connection with 1011
     */
    default void text(WebSocketSession session, String message) throws Exception {}

    /**
     * The connection is closed: called once, last. {@code code} is the peer's, or 1006 if it left without a word.
     */
    default void closed(WebSocketSession session, int code, String reason) {}
}
