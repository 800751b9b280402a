package dev.millrace.protocol.rpc;

import dev.millrace.protocol.json.JsonText;
import dev.millrace.protocol.json.MalformedJson;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;

/**
 * Reads one request. It looks at the tokens of the envelope itself, since a tree would forget how a number was spelled,
 * and reads the whole body before it complains: a body that is no JSON at all is the graver error, and the id to answer
 * to may come last.
 */
final class RequestReader {
    private RpcId id = RpcId.ABSENT;
    private @Nullable String version;
    private @Nullable String method;
    private @Nullable JsonNode params;
    private @Nullable String problem;

    private final byte[] body;

    RequestReader(byte[] body) {
        this.body = body;
    }

    RpcRequest read() {
        try (JsonParser parser = JsonText.parser(body)) {
            readEnvelope(parser);
            JsonText.requireEnd(parser);
        } catch (JacksonException e) {
            throw new RpcException(RpcId.NULL, RpcError.parseError(JsonText.malformed(e)));
        } catch (MalformedJson e) {
            throw new RpcException(RpcId.NULL, RpcError.parseError(e));
        }
        if (problem == null && !"2.0".equals(version)) {
            problem = "\"jsonrpc\" must be \"2.0\"";
        }
        if (problem != null || method == null) {
            throw new RpcException(
                    id, RpcError.invalidRequest(problem == null ? "\"method\" must be a string" : problem));
        }
        return new RpcRequest(id, method, params);
    }

    private void readEnvelope(JsonParser parser) {
        JsonToken first = parser.nextToken();
        if (first == JsonToken.START_OBJECT) {
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                readField(name, parser.nextToken(), parser);
            }
        } else {
            JsonText.tree(parser, body);
            problem = first == JsonToken.START_ARRAY
                    ? "Batches are not supported: send one request in each body"
                    : "A request must be an object";
        }
    }

    private void readField(String name, JsonToken token, JsonParser parser) {
        switch (name) {
            case "jsonrpc" -> version = text(token, parser);
            case "method" -> method = text(token, parser);
            case "id" -> readId(token, parser);
            case "params" -> readParams(parser);
            default -> parser.skipChildren();
        }
    }

    private static @Nullable String text(JsonToken token, JsonParser parser) {
        if (token == JsonToken.VALUE_STRING) {
            return parser.getString();
        }
        parser.skipChildren();
        return null;
    }

    private void readId(JsonToken token, JsonParser parser) {
        switch (token) {
            case VALUE_NULL -> id = RpcId.NULL;
            case VALUE_STRING -> id = RpcId.of(parser.getString());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> id = RpcId.number(parser.getString());
            default -> {
                parser.skipChildren();
                refuseId("\"id\" must be a string, a number or null");
            }
        }
        if (id.json().length() > RpcId.MAX_LENGTH) {
            refuseId("\"id\" must not be longer than " + RpcId.MAX_LENGTH + " characters");
        }
    }

    private void refuseId(String why) {
        id = RpcId.NULL;
        problem = why;
    }

    private void readParams(JsonParser parser) {
        JsonNode tree = JsonText.tree(parser, body);
        if (tree.isContainer()) {
            params = tree;
        } else if (!tree.isNull()) {
            problem = "\"params\" must be an object or an array";
        }
    }
}
