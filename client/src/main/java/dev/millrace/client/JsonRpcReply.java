package dev.millrace.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.client.sse.SseStream;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.JsonForm;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.protocol.json.MalformedJson;
import java.io.IOException;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A JSON-RPC response whose result is there; one that is an error becomes an {@link A2aException} instead.
 *
 * @param result the {@code result} field
 * @param url who answered, for error messages
 */
record JsonRpcReply(JsonNode result, URI url) {
    /** The largest whole answer: as much as the longest string that {@link JsonText} reads. */
    private static final int LARGEST = 64 * 1024 * 1024;

    /** More of an answer that is no JSON than this tells nobody more. */
    private static final int QUOTE = 200;

    /** Waits for a response that is one JSON-RPC object. */
    static JsonRpcReply of(SseStream exchange, URI url, long id) throws IOException, InterruptedException {
        int status = exchange.status();
        byte[] body = exchange.body(LARGEST);
        JsonNode json;
        try {
            json = JsonText.parse(body);
        } catch (MalformedJson e) {
            if (status != 200) {
                throw refusal(exchange, url, status, quote(body));
            }
            throw new NotA2a(url + " answered with something that is not JSON: " + quote(body), e);
        }
        if (status != 200 && !json.path("error").path("code").isNumber()) {
            String said = json.path("detail").asString(json.path("title").asString(quote(body)));
            throw refusal(exchange, url, status, said);
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
                    reason(error.path("data")),
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
                    + quote(json.toString().getBytes(UTF_8)));
        }
        return new JsonRpcReply(result, url);
    }

    <T> T read(JsonForm<T> form) throws NotA2a {
        try {
            return form.read(result, "result");
        } catch (InvalidField e) {
            throw new NotA2a(url + " answered with what is not A2A v1.0: " + e.getMessage(), e);
        }
    }

    private static A2aException refusal(SseStream exchange, URI url, int status, String said)
            throws IOException, InterruptedException {
        String message =
                switch (status) {
                    case 401 -> url + " wants credentials that it accepts (401)";
                    case 403 -> url + " does not allow this (403)";
                    case 404, 405 -> "there is no A2A agent at " + url + " (" + status + ")";
                    case 301, 302, 303, 307, 308 ->
                        url + " has moved to "
                                + exchange.headers().firstValue("location").orElse("another place")
                                + ": use that URL";
                    default -> url + " answered with HTTP status " + status;
                };
        return new A2aException(status, null, said.isEmpty() ? message : message + ": " + said, null);
    }

    private static @Nullable String reason(JsonNode data) {
        for (JsonNode detail : data) {
            if (detail.path("@type").asString("").endsWith("google.rpc.ErrorInfo")) {
                return detail.path("reason").asString(null);
            }
        }
        return null;
    }

    private static String quote(byte[] body) {
        String text =
                new String(body, 0, Math.min(body.length, QUOTE), UTF_8).strip().replaceAll("\\s+", " ");
        return body.length > QUOTE ? text + "…" : text;
    }
}
