package dev.millrace.client;

/** No usable answer: no connection, a connection that broke, silence, or something that is not A2A. */
public final class ConnectionFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean delivered;

    ConnectionFailed(String message, boolean delivered, Throwable cause) {
        super(message, cause);
        this.delivered = delivered;
    }

    /**
     * Whether the server may have got the request. If false, it certainly has not, and sending again does nothing
     * twice.
     */
    public boolean mayHaveArrived() {
        return delivered;
    }
}
