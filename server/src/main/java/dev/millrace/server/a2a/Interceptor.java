package dev.millrace.server.a2a;

import org.jspecify.annotations.Nullable;

/**
 * Stands around each operation of A2A, over every binding: for rules of one's own, and to count or log what is asked. Any
 * thread, that of the request; may block, and holds up the request for as long.
 */
public interface Interceptor {
    /** Does nothing. */
    Interceptor NONE = new Interceptor() {};

    /**
     * An operation that a client asks for.
     *
     * @param name as JSON-RPC has it, such as {@code SendMessage}
     * @param owner who asks
     * @param tenant under which tenant, or null
     * @param agent the agent's name
     * @param request the protocol's request, such as a {@link dev.millrace.protocol.operation.SendMessageRequest}
     */
    record Operation(String name, String owner, @Nullable String tenant, String agent, Object request) {}

    /**
     * Before anything is looked up. The client is known, and the terms of its call have been seen to. What this throws
     * refuses the operation: a {@link dev.millrace.protocol.error.A2aException} is told as what it is, a {@link
     * dev.millrace.engine.Refused} too, anything else as a failure of the server's.
     */
    default void before(Operation operation) {}

    /**
     * When it has been done; where the answer streams or waits for the agent, when that has begun. Not called if {@link
     * #before} has thrown. Should not throw: the client is then told that the server failed.
     *
     * @param failure what the client will be told, or null if all is well
     */
    default void after(Operation operation, @Nullable RuntimeException failure) {}
}
