package dev.millrace.server.a2a;

import static java.nio.charset.StandardCharsets.UTF_8;

/** JSON-RPC responses around values that are JSON already. */
final class Envelope {
    /** What stands after a result. */
    static final byte[] TAIL = {'}'};

    private Envelope() {}

    /** What stands before a result. The result's own bytes and {@link #TAIL} complete it. */
    static byte[] head(String id) {
        return ("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":").getBytes(UTF_8);
    }

    static byte[] result(String id, byte[] result) {
        byte[] head = head(id);
        byte[] whole = new byte[head.length + result.length + 1];
        System.arraycopy(head, 0, whole, 0, head.length);
        System.arraycopy(result, 0, whole, head.length, result.length);
        whole[whole.length - 1] = '}';
        return whole;
    }

    static byte[] error(String id, Fault fault) {
        return ("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"error\":" + fault.json() + "}").getBytes(UTF_8);
    }
}
