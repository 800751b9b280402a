package dev.millrace.client;

import dev.millrace.protocol.card.AgentInterface;
import java.util.Arrays;
import java.util.Optional;

/** The ways in which A2A goes over the wire (A2A v1.0, 5) that this client speaks. What an operation does is the same. */
public enum Binding {
    /** JSON-RPC 2.0 over HTTP, streams as server-sent events (A2A v1.0, 9). */
    JSONRPC(AgentInterface.JSONRPC),
    /** REST over HTTP, streams as server-sent events (A2A v1.0, 11). */
    HTTP_JSON(AgentInterface.HTTP_JSON),
    /**
     * gRPC (A2A v1.0, 10). Needs {@code dev.millrace:millrace-grpc} and a gRPC transport such as {@code
     * io.grpc:grpc-netty-shaded} beside this library, which does not bring them by itself.
     */
    GRPC(AgentInterface.GRPC);

    private final String wireName;

    Binding(String wireName) {
        this.wireName = wireName;
    }

    /** Its name in an agent's card. */
    public String wireName() {
        return wireName;
    }

    /** The binding of this name in a card, in upper or lower case; empty for one that this client does not know. */
    public static Optional<Binding> named(String wireName) {
        return Arrays.stream(values())
                .filter(binding -> binding.wireName.equalsIgnoreCase(wireName))
                .findFirst();
    }

    /** Whether all that it needs is on the class path. */
    public boolean available() {
        return this != GRPC || GrpcLibraries.PRESENT;
    }

    /** Looked for once, when first asked for. */
    private static final class GrpcLibraries {
        static final boolean PRESENT = has("io.grpc.stub.ClientCalls") && has("dev.millrace.grpc.ToProto");

        private static boolean has(String type) {
            try {
                Class.forName(type, false, Binding.class.getClassLoader());
                return true;
            } catch (ClassNotFoundException e) {
                return false;
            }
        }
    }
}
