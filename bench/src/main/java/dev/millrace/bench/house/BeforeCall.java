package dev.millrace.bench.house;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.json.A2aJson;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** As much of A2A's JSON-RPC as the systems "before" need to be measured by the same client. */
record BeforeCall(String method, JsonNode params) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    static final byte[] HEAD =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    static final byte[] TAIL = {'}'};

    static BeforeCall read(byte[] body) {
        JsonNode json = JSON.readTree(body);
        return new BeforeCall(json.required("method").stringValue(), json.required("params"));
    }

    Message message() {
        return A2aJson.SEND_MESSAGE_REQUEST.read(params).message();
    }

    int words() {
        return params.required("message").required("metadata").required("words").intValue();
    }
}
