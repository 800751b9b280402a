package dev.millrace.server.a2a;

import java.util.Map;

/**
 * One of A2A's errors, on its way to the client. It is an answer, not a fault of the program: it carries no stack trace.
 */
public final class A2aException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final A2aError error;
    private final transient Map<String, String> metadata;

    /**
     * @param message for people: what was wrong, where, and what to do
     * @param metadata for programs, such as the id of the task
     */
    public A2aException(A2aError error, String message, Map<String, String> metadata) {
        super(message, null, false, false);
        this.error = error;
        this.metadata = Map.copyOf(metadata);
    }

    public A2aException(A2aError error, String message) {
        this(error, message, Map.of());
    }

    static A2aException ofTask(A2aError error, String taskId, String message) {
        return new A2aException(error, message, Map.of("taskId", taskId));
    }

    public A2aError error() {
        return error;
    }

    public Map<String, String> metadata() {
        return metadata;
    }
}
