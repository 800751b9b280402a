package dev.millrace.server.a2a;

import dev.millrace.protocol.rpc.RpcError;
import dev.millrace.protocol.rpc.RpcException;
import dev.millrace.protocol.rpc.RpcId;
import dev.millrace.protocol.rpc.RpcRequest;

/** One entry of a JSON-RPC body. */
sealed interface Call {
    /** The id its response carries. */
    RpcId id();

    /** A call of a method. */
    record Valid(RpcRequest request) implements Call {
        @Override
        public RpcId id() {
            return request.id();
        }

        boolean notification() {
            return id().absent();
        }
    }

    /** What is no call: it is always answered, also where it has no id. */
    record Broken(RpcId id, RpcError error) implements Call {}

    /** Reads one entry. */
    static Call of(byte[] json) {
        try {
            return new Valid(RpcRequest.parse(json));
        } catch (RpcException e) {
            return new Broken(e.id().absent() ? RpcId.NULL : e.id(), e.error());
        }
    }
}
