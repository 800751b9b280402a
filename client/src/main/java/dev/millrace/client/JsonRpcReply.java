package dev.millrace.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.client.sse.SseStream;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.protocol.json.MalformedJson;
import java.io.IOException;
import java.net.URI;
import tools.jackson.databind.JsonNode;

/**
 * A JSON-RPC response whose result is there; one that is an error becomes an {@link A2aException} instead.
 *
 * @param result the {@code result} field
 * @param url who answered, for error messages
 */
record JsonRpcReply(JsonNode result, URI url) {
    /** The largest whole answer: as much as the longest string that {@link JsonText} reads. */
    static final int LARGEST = 64 * 1024 * 1024;

    /** Waits for a response that is one JSON-RPC object. */
    static JsonRpcReply of(SseStream exchange, URI url, long id) throws IOException, InterruptedException {
        int status = exchange.status();
        byte[] body = exchange.body(LARGEST);
        JsonNode json;
        try {
            json = JsonText.parse(body);
        } catch (MalformedJson e) {
            if (status != 200) {
                throw Refusals.http(exchange, url, status, body, null);
            }
            throw new NotA2a(url + " answered with something that is not JSON: " + Refusals.quote(body), e);
        }
        // A status of the edge (who may, how often) says more than the code that JSON-RPC has for it.
        if (status == 401
                || status == 403
                || status == 429
                || status == 503
                || (status != 200 && !json.path("error").path("code").isNumber())) {
            String said = json.path("error").path("message").asString("");
            if (!said.isEmpty()) {
                JsonNode data = json.get("error").get("data");
                throw new A2aException(status, Refusals.reason(data), said, data, Refusals.retryAfter(exchange));
            }
            throw Refusals.http(exchange, url, status, body, json);
        }
        return of(json, url, id);
    }

    /** Reads a response that came as an event of a stream. */
    static JsonRpcReply of(byte[] event, URI url, long id) throws NotA2a {
        try {
            return of(JsonText.parse(event), url, id);
        } catch (MalformedJson e) {
            throw new NotA2a(url + " sent an event that is not JSON: " + e.getMessage(), e);
        }
    }

    private static JsonRpcReply of(JsonNode json, URI url, long id) throws NotA2a {
        JsonNode error = json.get("error");
        if (error != null && error.isObject()) {
            throw new A2aException(
                    error.path("code").asInt(-32603),
                    Refusals.reason(error.get("data")),
                    error.path("message").asString("the server gave no reason"),
                    error.get("data"));
        }
        JsonNode answered = json.path("id");
        if (!answered.isMissingNode() && !answered.asString("").equals(Long.toString(id))) {
            throw new NotA2a(url + " answered request " + answered + " where " + id + " was asked");
        }
        JsonNode result = json.get("result");
        if (result == null) {
            throw new NotA2a(url + " answered without a result or an error: "
                    + Refusals.quote(json.toString().getBytes(UTF_8)));
        }
        return new JsonRpcReply(result, url);
    }

    <T> T read(Operation.Reading<T> form) throws NotA2a {
        try {
            return form.read(result, "result");
        } catch (InvalidField e) {
            throw new NotA2a(url + " answered with what is not A2A v1.0: " + e.getMessage(), e);
        }
    }
}
