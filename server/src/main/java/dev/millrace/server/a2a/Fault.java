package dev.millrace.server.a2a;

import dev.millrace.engine.Refused;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.MalformedJson;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a JSON-RPC response says went wrong.
 *
 * @param code JSON-RPC's (2.0, 5.1), A2A's (v1.0, 5.4), or {@link #TRY_AGAIN}
 * @param message for people
 * @param detail for programs, or null; the response has it in an array, as A2A wants (9.5)
 */
record Fault(int code, String message, @Nullable ObjectNode detail) {
    static final int PARSE_ERROR = -32700;
    static final int INVALID_REQUEST = -32600;
    static final int METHOD_NOT_FOUND = -32601;
    static final int INVALID_PARAMS = -32602;
    static final int INTERNAL_ERROR = -32603;

    /** Ours, of the codes left to servers: the same request may succeed later. */
    static final int TRY_AGAIN = -32000;

    static Fault parseError(MalformedJson e) {
        return new Fault(PARSE_ERROR, "the body is not valid JSON: " + e.getMessage(), null);
    }

    static Fault invalidRequest(String message) {
        return new Fault(INVALID_REQUEST, message, null);
    }

    static Fault methodNotFound(String message) {
        return new Fault(METHOD_NOT_FOUND, message, null);
    }

    static Fault internal(String message) {
        return new Fault(INTERNAL_ERROR, message, null);
    }

    static Fault of(A2aException e) {
        return new Fault(
                e.error().code(),
                String.valueOf(e.getMessage()),
                errorInfo(e.error().reason(), A2aError.DOMAIN, e.metadata()));
    }

    static Fault of(InvalidField e) {
        ObjectNode badRequest =
                JsonNodeFactory.instance.objectNode().put("@type", "type.googleapis.com/google.rpc.BadRequest");
        badRequest
                .putArray("fieldViolations")
                .addObject()
                .put("field", e.path())
                .put("description", e.problem());
        return new Fault(INVALID_PARAMS, "invalid params: " + e.getMessage(), badRequest);
    }

    static Fault of(Refused e) {
        String reason = e.reason() == Refused.Reason.QUEUE_FULL ? "RESOURCE_EXHAUSTED" : "UNAVAILABLE";
        return new Fault(TRY_AGAIN, String.valueOf(e.getMessage()), errorInfo(reason, "millrace.dev", Map.of()));
    }

    private static ObjectNode errorInfo(String reason, String domain, Map<String, String> metadata) {
        ObjectNode info = JsonNodeFactory.instance
                .objectNode()
                .put("@type", "type.googleapis.com/google.rpc.ErrorInfo")
                .put("reason", reason)
                .put("domain", domain);
        if (!metadata.isEmpty()) {
            ObjectNode values = info.putObject("metadata");
            new TreeMap<>(metadata).forEach(values::put);
        }
        return info;
    }

    String json() {
        ObjectNode json =
                JsonNodeFactory.instance.objectNode().put("code", code).put("message", message);
        if (detail != null) {
            json.putArray("data").add(detail);
        }
        return json.toString();
    }
}
