package dev.millrace.protocol.rpc;

import static dev.millrace.protocol.json.JsonText.parse;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.JsonForm;
import dev.millrace.protocol.json.JsonPieces;
import dev.millrace.protocol.json.MalformedJson;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The answer to a call, or one of them if the method streams. */
public sealed interface RpcResponse {

    /** The id of the call. */
    RpcId id();

    /** The method's result, which may be JSON's null. */
    record Result(RpcId id, JsonNode result) implements RpcResponse {}

    /** What went wrong. */
    record Failure(RpcId id, RpcError error) implements RpcResponse {}

    /**
     * The response that these bytes are.
     *
     * @throws MalformedJson if they are no JSON
     * @throws InvalidField if they are JSON, but no response
     */
    static RpcResponse read(byte[] json) {
        return read(parse(json));
    }

    /**
     * The response that this tree is.
     *
     * @throws InvalidField if it is no response
     */
    static RpcResponse read(JsonNode json) {
        if (!json.isObject()) {
            throw new InvalidField("", "must be an object: a JSON-RPC response");
        }
        RpcId id = id(json.get("id"));
        JsonNode result = json.get("result");
        JsonNode error = json.get("error");
        if (error != null && !error.isNull()) {
            if (result != null && !result.isNull()) {
                throw new InvalidField("", "must have a result or an error, not both");
            }
            return new Failure(id, error(error));
        }
        if (result == null) {
            throw new InvalidField("", "must have a result or an error");
        }
        return new Result(id, result);
    }

    private static RpcId id(@Nullable JsonNode id) {
        if (id == null) {
            return RpcId.ABSENT;
        }
        if (id.isNull()) {
            return RpcId.NULL;
        }
        if (id.isString()) {
            return RpcId.of(id.stringValue());
        }
        if (id.isNumber()) {
            return RpcId.number(id.toString());
        }
        throw new InvalidField("id", "must be a string, a number or null");
    }

    private static RpcError error(JsonNode error) {
        JsonNode code = error.path("code");
        if (!code.isInt()) {
            throw new InvalidField("error.code", "must be a whole number of 32 bits");
        }
        return new RpcError(code.intValue(), error.path("message").asString(""), error.get("data"));
    }

    /**
     * What stands before a result in a response to this call: <code>{"jsonrpc":"2.0","id":…,"result":</code>. The result's
     * bytes and one closing brace complete it, so a stream writes each event from the journal's own bytes.
     */
    static byte[] resultHead(RpcId id) {
        return ("{\"jsonrpc\":\"2.0\",\"id\":" + id.json() + ",\"result\":").getBytes(UTF_8);
    }

    /** A response with a result that is JSON already (UTF-8). */
    static byte[] write(RpcId id, byte[] result) {
        return Envelope.around(resultHead(id), result);
    }

    /** A response with this result, to be sent. */
    static <T> JsonPieces pieces(RpcId id, JsonForm<T> form, T result) {
        return form.pieces(result, resultHead(id), Envelope.END);
    }

    /** A response that says what went wrong. */
    static byte[] write(RpcId id, RpcError error) {
        byte[] head = ("{\"jsonrpc\":\"2.0\",\"id\":" + id.json() + ",\"error\":").getBytes(UTF_8);
        return Envelope.around(head, error.json().toString().getBytes(UTF_8));
    }
}
