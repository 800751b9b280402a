package dev.millrace.server.a2a;

import dev.millrace.protocol.json.JsonText;
import dev.millrace.protocol.json.MalformedJson;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;

/** Reads the body of a JSON-RPC request (JSON-RPC 2.0, 4 and 6). */
final class CallReader {
    /** How many calls one body may hold: each may hold an answer in memory until all are there. */
    static final int LARGEST_BATCH = 100;

    /** How long an id may be, in characters: it is repeated in each frame of a stream. */
    static final int LONGEST_ID = 1_024;

    /** The id of a response to what has none that could be read. */
    static final String NO_ID = "null";

    /**
     * A body.
     *
     * @param batch whether the calls came as an array, and so must the responses
     */
    record Body(boolean batch, List<Call> calls) {}

    private final byte[] json;

    private CallReader(byte[] json) {
        this.json = json;
    }

    /**
     * The calls in this body: one at least.
     *
     * @throws MalformedJson if it is no JSON
     */
    static Body read(byte[] json) {
        return new CallReader(json).body();
    }

    private Body body() {
        JsonNode tree = JsonText.parse(json);
        if (!tree.isArray()) {
            return new Body(false, List.of(call(tree, 0)));
        }
        if (tree.isEmpty()) {
            return refused("a batch must hold at least one call");
        }
        if (tree.size() > LARGEST_BATCH) {
            return refused("a batch may hold " + LARGEST_BATCH + " calls, not " + tree.size() + "; send several");
        }
        var calls = new ArrayList<Call>(tree.size());
        for (JsonNode entry : tree) {
            calls.add(call(entry, calls.size()));
        }
        return new Body(true, calls);
    }

    private static Body refused(String why) {
        return new Body(false, List.of(new Call.Broken(NO_ID, Fault.invalidRequest(why))));
    }

    private Call call(JsonNode entry, int index) {
        if (!entry.isObject()) {
            return new Call.Broken(NO_ID, Fault.invalidRequest("a call must be an object"));
        }
        JsonNode id = entry.get("id");
        if (id != null && !(id.isString() || id.isNumber() || id.isNull())) {
            return new Call.Broken(NO_ID, Fault.invalidRequest("\"id\" must be a string, a number or null"));
        }
        String echo = id == null ? NO_ID : id.isFloat() || id.isDouble() ? spelled(index) : id.toString();
        if (echo.length() > LONGEST_ID) {
            return new Call.Broken(
                    NO_ID, Fault.invalidRequest("\"id\" must not be longer than " + LONGEST_ID + " characters"));
        }
        String problem = problem(entry);
        if (problem != null) {
            return new Call.Broken(echo, Fault.invalidRequest(problem));
        }
        JsonNode params = entry.get("params");
        return new Call.Valid(
                id == null ? null : echo,
                entry.get("method").stringValue(),
                params == null || params.isNull() ? null : params);
    }

    private static @Nullable String problem(JsonNode entry) {
        JsonNode version = entry.get("jsonrpc");
        if (version == null || !version.isString() || !version.stringValue().equals("2.0")) {
            return "\"jsonrpc\" must be \"2.0\"";
        }
        JsonNode method = entry.get("method");
        if (method == null || !method.isString()) {
            return "\"method\" must be a string";
        }
        JsonNode params = entry.get("params");
        return params == null || params.isContainer() || params.isNull() ? null : "\"params\" must be an object";
    }

    /** The id of an entry as it was spelled: a tree has forgotten whether it was 1.10 or 1.1e0. */
    private String spelled(int index) {
        try (JsonParser parser = JsonText.parser(json)) {
            if (parser.nextToken() == JsonToken.START_ARRAY) {
                parser.nextToken();
                for (int i = 0; i < index; i++) {
                    parser.skipChildren();
                    parser.nextToken();
                }
            }
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                parser.nextToken();
                if (name.equals("id")) {
                    return parser.getString();
                }
                parser.skipChildren();
            }
            throw new IllegalStateException("the id that was read is not there");
        } catch (JacksonException e) {
            throw JsonText.malformed(e);
        }
    }
}
