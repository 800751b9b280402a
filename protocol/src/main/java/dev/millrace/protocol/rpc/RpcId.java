package dev.millrace.protocol.rpc;

import dev.millrace.protocol.json.JsonText;

/**
 * The id of a request, kept as it was given, so that the answer carries the same one: {@code 1.0} does not become
 * {@code 1}, nor {@code "1"} become {@code 1}.
 *
 * @param json the id as JSON text, which an answer carries; {@code null} also where the request had none
 * @param absent true if the request had no id, which makes it a notification
 */
public record RpcId(String json, boolean absent) {
    /** The id null, which an answer also carries when the request's id could not be read. */
    public static final RpcId NULL = new RpcId("null", false);

    /** No id. */
    public static final RpcId ABSENT = new RpcId("null", true);

    /** How long an id may be, in characters: it is repeated in each frame of a stream. */
    public static final int MAX_LENGTH = 1_024;

    /** A string. */
    public static RpcId of(String id) {
        return new RpcId(JsonText.quote(id), false);
    }

    /** A number. */
    public static RpcId of(long id) {
        return new RpcId(Long.toString(id), false);
    }

    /** A number, as it was spelled. */
    static RpcId number(String spelled) {
        return new RpcId(spelled, false);
    }

    /** The id as JSON text. */
    @Override
    public String toString() {
        return absent ? "(none)" : json;
    }
}
