package dev.millrace.protocol.rpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.millrace.protocol.json.JsonText;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * A call of a method.
 *
 * @param id the call's id; {@link RpcId#ABSENT} for a notification
 * @param method the method
 * @param params the parameters, an object or an array; null if there are none
 */
public record RpcRequest(RpcId id, String method, @Nullable JsonNode params) {

    public RpcRequest {
        requireNonNull(id, "id");
        requireNonNull(method, "method");
    }

    /**
     * The call that this body is.
     *
     * @throws RpcException if it is none; the exception has the error and the id to answer with
     */
    public static RpcRequest parse(byte[] body) {
        return new RequestReader(body).read();
    }

    /** The parameters, or an empty object if there are none. */
    public JsonNode paramsOrEmpty() {
        return params == null ? JsonNodeFactory.instance.objectNode() : params;
    }

    /** The body of a call whose parameters are JSON already (UTF-8). */
    public static byte[] write(RpcId id, String method, byte[] params) {
        String idField = id.absent() ? "" : "\"id\":" + id.json() + ",";
        byte[] head = ("{\"jsonrpc\":\"2.0\"," + idField + "\"method\":" + JsonText.quote(method) + ",\"params\":")
                .getBytes(UTF_8);
        return Envelope.around(head, params);
    }
}
