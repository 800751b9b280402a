package dev.millrace.client;

import dev.millrace.client.sse.SseEvent;
import dev.millrace.client.sse.SseStream;
import dev.millrace.protocol.json.A2aJson;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One streamed answer of a JSON-RPC server: each event is a JSON-RPC response to the same request. */
final class JsonRpcFeed implements Transport.Feed {
    /** How long a response may take to end after its last event, before its connection is given up. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final SseStream exchange;
    private final URI url;
    private final long id;
    private boolean opened;
    private boolean whole;

    JsonRpcFeed(SseStream exchange, URI url, long id) {
        this.exchange = exchange;
        this.url = url;
        this.id = id;
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
                return new Transport.Item(JsonRpcReply.of(exchange, url, id).read(A2aJson.STREAM_RESPONSE), null);
            }
        }
        SseEvent event = exchange.next();
        return event == null
                ? null
                : new Transport.Item(JsonRpcReply.of(event.data(), url, id).read(A2aJson.STREAM_RESPONSE), event.id());
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
