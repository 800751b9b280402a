package dev.millrace.engine.store.postgres;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** How hints are written. A payload is the sender and words, each on a line; PostgreSQL takes less than 8,000 bytes. */
final class Words {
    /** Another process came. */
    static final String HELLO = "hello";

    /** A runnable task was left. */
    static final String RUNNABLE = "runnable";

    /** Something was changed that does not fit. */
    static final String LOOK = "look";

    /** Before an owner: a context of the owner's changed as lists show it. */
    static final String LISTED = "@";

    private static final int LIMIT = 7_900;

    private Words() {}

    static String changed(String contextId, long offset) {
        return contextId.indexOf('\n') >= 0 || contextId.length() > 1_000 ? LOOK : offset + " " + contextId;
    }

    static String listed(String owner) {
        return owner.indexOf('\n') >= 0 || owner.length() > 1_000 ? LOOK : LISTED + owner;
    }

    static List<String> payloads(String sender, List<String> words) {
        var payloads = new ArrayList<String>();
        var payload = new StringBuilder(sender);
        int bytes = payload.length();
        for (String word : words) {
            int more = word.getBytes(StandardCharsets.UTF_8).length + 1;
            if (bytes + more > LIMIT) {
                payloads.add(payload.toString());
                payload.setLength(sender.length());
                bytes = sender.length();
            }
            payload.append('\n').append(word);
            bytes += more;
        }
        payloads.add(payload.toString());
        return payloads;
    }
}
