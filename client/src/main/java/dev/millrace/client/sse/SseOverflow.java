package dev.millrace.client.sse;

import java.io.IOException;

/** One event of a stream is larger than its reader takes. The stream cannot be read on. */
public final class SseOverflow extends IOException {
    private static final long serialVersionUID = 1L;

    /** @param limit how many bytes it may have at most */
    public SseOverflow(int limit) {
        super("an event of the stream is larger than " + limit + " bytes, the limit of this reader");
    }
}
