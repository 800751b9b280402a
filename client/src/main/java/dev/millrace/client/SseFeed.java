package dev.millrace.client;

import dev.millrace.client.sse.SseEvent;
import dev.millrace.client.sse.SseStream;
import dev.millrace.protocol.StreamResponse;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One streamed answer of a server that speaks HTTP: server-sent events, each of which holds one event of the task. */
final class SseFeed implements Transport.Feed {
    /** How long a response may take to end after its last event, before its connection is given up. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    /** How a binding wraps an event. */
    interface Wrapping {
        /** The event in the data of a frame. */
        StreamResponse event(byte[] data) throws IOException;

        /** The answer of a server that did not stream: an error, or a lone event. Waits for it. */
        StreamResponse whole(SseStream exchange) throws IOException, InterruptedException;
    }

    private final SseStream exchange;
    private final Wrapping wrapping;
    private boolean opened;
    private boolean whole;

    SseFeed(SseStream exchange, Wrapping wrapping) {
        this.exchange = exchange;
        this.wrapping = wrapping;
    }

    @Override
    public Transport.@Nullable Item next() throws IOException, InterruptedException {
        if (whole) {
            return null;
        }
        if (!opened) {
            opened = true;
            if (exchange.status() != 200 || !exchange.isEventStream()) {
                whole = true;
                return new Transport.Item(wrapping.whole(exchange), null);
            }
        }
        SseEvent event = exchange.next();
        return event == null ? null : new Transport.Item(wrapping.event(event.data()), event.id());
    }

    @Override
    public @Nullable Duration retry() {
        return exchange.retry();
    }

    @Override
    public void release() {
        exchange.release(GRACE);
    }

    @Override
    public void close() {
        exchange.close();
    }
}
