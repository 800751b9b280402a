package dev.millrace.protocol.rpc;

/** A body that is no request, with the error to answer and the id to answer it to. Carries no stack trace. */
public final class RpcException extends RuntimeException {
    private final RpcId id;
    private final RpcError error;

    RpcException(RpcId id, RpcError error) {
        super(error.message(), null, false, false);
        this.id = id;
        this.error = error;
    }

    /** The request's id, or {@link RpcId#NULL} if it could not be read. */
    public RpcId id() {
        return id;
    }

    /** {@link RpcError#PARSE_ERROR} or {@link RpcError#INVALID_REQUEST}. */
    public RpcError error() {
        return error;
    }
}
