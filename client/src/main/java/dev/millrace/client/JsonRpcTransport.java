package dev.millrace.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.client.sse.SseReader;
import dev.millrace.client.sse.SseStream;
import dev.millrace.protocol.StreamResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A2A over JSON-RPC 2.0 (A2A v1.0, section 9): one POST for each operation. */
final class JsonRpcTransport implements Transport {
    private final HttpClient http;
    private final URI url;
    private final ClientSettings settings;
    private final AtomicLong requestIds = new AtomicLong();

    JsonRpcTransport(HttpClient http, URI url, ClientSettings settings) {
        this.http = http;
        this.url = url;
        this.settings = settings;
    }

    @Override
    public <Q, A> A call(Operation<Q, A> operation, Q request, CallHead head) throws IOException, InterruptedException {
        long id = requestIds.incrementAndGet();
        HttpRequest post = post(id, operation, request, head, "application/json", null);
        try (SseStream exchange = SseStream.open(http, post, settings.idle(), SseReader.DEFAULT_LIMIT)) {
            return JsonRpcReply.of(exchange, url, id).read(operation.response());
        }
    }

    @Override
    public <Q> Feed open(
            Operation<Q, StreamResponse> operation, Q request, CallHead head, @Nullable String lastEventId) {
        long id = requestIds.incrementAndGet();
        // Some servers answer an error, or a lone message, as plain JSON.
        HttpRequest post = post(id, operation, request, head, "text/event-stream, application/json", lastEventId);
        var exchange = SseStream.open(http, post, settings.idle(), SseReader.DEFAULT_LIMIT);
        return new SseFeed(exchange, new SseFeed.Wrapping() {
            @Override
            public StreamResponse event(byte[] data) throws IOException {
                return JsonRpcReply.of(data, url, id).read(operation.response());
            }

            @Override
            public StreamResponse whole(SseStream answer) throws IOException, InterruptedException {
                return JsonRpcReply.of(answer, url, id).read(operation.response());
            }
        });
    }

    @Override
    public void close() {
        http.shutdownNow();
    }

    private <Q> HttpRequest post(
            long id, Operation<Q, ?> operation, Q request, CallHead head, String accept, @Nullable String lastEventId) {
        byte[] params = operation.request().write(request);
        return Requests.to(url, head, settings, accept, lastEventId)
                .setHeader("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(envelope(id, operation.name(), params)))
                .build();
    }

    private static byte[] envelope(long id, String method, byte[] params) {
        var out = new ByteArrayOutputStream(params.length + 96);
        out.writeBytes(
                ("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":").getBytes(UTF_8));
        out.writeBytes(params);
        out.write('}');
        return out.toByteArray();
    }
}
