package dev.millrace.protocol.rpc;

import dev.millrace.protocol.error.A2aError;
import dev.millrace.protocol.error.A2aException;
import dev.millrace.protocol.error.BadRequest;
import dev.millrace.protocol.error.ErrorInfo;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.MalformedJson;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a JSON-RPC response says went wrong.
 *
 * @param code the error's code
 * @param message for people
 * @param data for programs, or null; A2A makes it an array of objects with {@code @type} (9.5)
 */
public record RpcError(int code, String message, @Nullable JsonNode data) {
    /** The body is no JSON (JSON-RPC 2.0, 5.1, as the codes below). */
    public static final int PARSE_ERROR = -32700;

    /** The JSON is no request. */
    public static final int INVALID_REQUEST = -32600;

    /** There is no such method. */
    public static final int METHOD_NOT_FOUND = -32601;

    /** The parameters are wrong. */
    public static final int INVALID_PARAMS = -32602;

    /** The server failed. */
    public static final int INTERNAL_ERROR = -32603;

    /** One of A2A's errors, with its ErrorInfo. */
    public static RpcError of(A2aError error, String message, Map<String, String> metadata) {
        return new RpcError(
                error.code(), message, array(ErrorInfo.of(error, metadata).json()));
    }

    /** One of A2A's errors, with its ErrorInfo. */
    public static RpcError of(A2aException e) {
        return of(e.error(), String.valueOf(e.getMessage()), e.metadata());
    }

    /** The body is no JSON. */
    public static RpcError parseError(MalformedJson e) {
        return new RpcError(PARSE_ERROR, "The body is not valid JSON: " + e.getMessage(), null);
    }

    /** The JSON is no request. */
    public static RpcError invalidRequest(String message) {
        return new RpcError(INVALID_REQUEST, message, null);
    }

    /** There is no such method. */
    public static RpcError methodNotFound(String method) {
        return new RpcError(METHOD_NOT_FOUND, "There is no method \"" + method + "\"", null);
    }

    /** The parameters are wrong, and this is where. */
    public static RpcError invalidParams(InvalidField e) {
        return new RpcError(
                INVALID_PARAMS,
                "Invalid parameters: " + e.getMessage(),
                array(BadRequest.of(e.path(), e.problem()).json()));
    }

    /** The server failed. The message goes to the client: it should not say how. */
    public static RpcError internal(String message) {
        return new RpcError(INTERNAL_ERROR, message, null);
    }

    /** Which of A2A's errors this is: by its ErrorInfo, else by its code; empty if it is none of them. */
    public Optional<A2aError> a2aError() {
        if (data != null) {
            for (JsonNode detail : data) {
                if (detail.path("domain").asString("").equals(A2aError.DOMAIN)) {
                    Optional<A2aError> named =
                            A2aError.ofReason(detail.path("reason").asString(""));
                    if (named.isPresent()) {
                        return named;
                    }
                }
            }
        }
        return A2aError.ofCode(code);
    }

    /** The JSON of this error. */
    public ObjectNode json() {
        ObjectNode json =
                JsonNodeFactory.instance.objectNode().put("code", code).put("message", message);
        if (data != null) {
            json.set("data", data);
        }
        return json;
    }

    private static JsonNode array(ObjectNode detail) {
        return JsonNodeFactory.instance.arrayNode().add(detail);
    }
}
