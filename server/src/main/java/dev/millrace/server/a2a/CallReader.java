package dev.millrace.server.a2a;

import dev.millrace.protocol.json.JsonText;
import dev.millrace.protocol.json.MalformedJson;
import dev.millrace.protocol.rpc.RpcError;
import dev.millrace.protocol.rpc.RpcId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the body of a JSON-RPC request: one call, or a batch of them (JSON-RPC 2.0, 6). */
final class CallReader {
    /** How many calls one body may hold: each may hold an answer in memory until all are there. */
    static final int LARGEST_BATCH = 100;

    /**
     * A body.
     *
     * @param batch whether the calls came as an array, and so must the responses
     * @param calls one at least
     */
    record Body(boolean batch, List<Call> calls) {
        static Body single(Call call) {
            return new Body(false, List.of(call));
        }
    }

    private CallReader() {}

    static Body read(byte[] json) {
        if (!beginsArray(json)) {
            return Body.single(Call.of(json));
        }
        try (JsonParser parser = JsonText.parser(json)) {
            Body body = batch(parser, json);
            JsonText.requireEnd(parser);
            return body;
        } catch (JacksonException e) {
            return malformed(JsonText.malformed(e));
        } catch (MalformedJson e) {
            return malformed(e);
        }
    }

    private static boolean beginsArray(byte[] json) {
        for (byte b : json) {
            if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
                return b == '[';
            }
        }
        return false;
    }

    private static Body batch(JsonParser parser, byte[] json) {
        var calls = new ArrayList<Call>();
        int size = 0;
        parser.nextToken();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            size++;
            int start = Math.toIntExact(parser.currentTokenLocation().getByteOffset());
            parser.skipChildren();
            int end = Math.toIntExact(parser.currentLocation().getByteOffset());
            if (size <= LARGEST_BATCH) {
                // The entry's own bytes, since a tree would forget how a number was spelled.
                calls.add(
                        token == JsonToken.START_OBJECT
                                ? Call.of(Arrays.copyOfRange(json, start, end))
                                : refused("a call must be an object"));
            }
        }
        if (size == 0) {
            return Body.single(refused("a batch must hold at least one call"));
        }
        return size <= LARGEST_BATCH
                ? new Body(true, calls)
                : Body.single(refused("a batch may hold " + LARGEST_BATCH + " calls, not " + size + "; send several"));
    }

    private static Body malformed(MalformedJson e) {
        return Body.single(new Call.Broken(RpcId.NULL, RpcError.parseError(e)));
    }

    private static Call refused(String why) {
        return new Call.Broken(RpcId.NULL, RpcError.invalidRequest(why));
    }
}
