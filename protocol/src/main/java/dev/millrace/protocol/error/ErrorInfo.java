package dev.millrace.protocol.error;

import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code google.rpc.ErrorInfo}: which error it is, for programs. A2A wants it with each of its errors, in every binding.
 *
 * @param reason the error in UPPER_SNAKE
 * @param domain whose error it is
 * @param metadata more for programs
 */
public record ErrorInfo(String reason, String domain, Map<String, String> metadata) {
    /** The type's URL in {@code @type}. */
    public static final String TYPE = "type.googleapis.com/google.rpc.ErrorInfo";

    public ErrorInfo {
        metadata = Map.copyOf(metadata);
    }

    /** What this error's ErrorInfo is. */
    public static ErrorInfo of(A2aError error, Map<String, String> metadata) {
        return new ErrorInfo(error.reason(), A2aError.DOMAIN, metadata);
    }

    /** The JSON, with its {@code @type}; metadata is sorted by key and left out when there is none. */
    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("@type", TYPE).put("reason", reason).put("domain", domain);
        if (!metadata.isEmpty()) {
            ObjectNode values = json.putObject("metadata");
            new TreeMap<>(metadata).forEach(values::put);
        }
        return json;
    }
}
