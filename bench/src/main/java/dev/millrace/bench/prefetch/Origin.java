package dev.millrace.bench.prefetch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;

/**
 * An HTTP server of one file, whose slowness is scripted: how long it waits before it answers a block, and what all its
 * answers together may send. Its bytes follow from their position, so both sides know what they must be.
 */
final class Origin implements AutoCloseable {
    private static final int SLICE = 16 << 10;

    private static final String LATENCY = "X-Latency-Nanos";

    private final HttpServer server;
    private final LongAdder sent = new LongAdder();
    private volatile Script script = Script.none();

    Origin() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/film");
    }

    /** Where a source of files begins, for which the file is {@code film}. */
    URI base() {
        return uri().resolve("/");
    }

    /** Bytes that were sent, wanted or not, since this was asked last. */
    long sent() {
        return sent.sumThenReset();
    }

    /** How long the origin waited before it gave this response, in nanoseconds. */
    static long latency(HttpHeaders response) {
        return response.firstValueAsLong(LATENCY).orElse(0);
    }

    /** From now on this script is followed. */
    void follow(Script next) {
        script = next;
    }

    private void answer(HttpExchange exchange) throws IOException {
        Script now = script;
        try (exchange;
                InputStream request = exchange.getRequestBody()) {
            request.readAllBytes();
            String[] range = exchange.getRequestHeaders()
                    .getFirst("Range")
                    .substring("bytes=".length())
                    .split("-", 2);
            long from = Long.parseLong(range[0]);
            int length = (int) (Long.parseLong(range[1]) + 1 - from);
            Duration latency = now.latency(from);
            exchange.getResponseHeaders().set(LATENCY, Long.toString(latency.toNanos()));
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + from + '-' + (from + length - 1) + '/' + now.fileBytes());
            exchange.getResponseHeaders().set("ETag", "\"film\"");
            Thread.sleep(latency);
            exchange.sendResponseHeaders(206, length);
            try (OutputStream out = exchange.getResponseBody()) {
                if (now.pipe() == null) {
                    out.write(bytes(from, length));
                    sent.add(length);
                } else {
                    trickle(now.pipe(), out, from, length, sent);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void trickle(Pipe pipe, OutputStream out, long from, int length, LongAdder sent)
            throws IOException, InterruptedException {
        for (int at = 0; at < length; at += SLICE) {
            int slice = Math.min(SLICE, length - at);
            pipe.pass(slice);
            out.write(bytes(from + at, slice));
            out.flush();
            sent.add(slice);
        }
    }

    /** The file's bytes at this place. */
    static byte[] bytes(long from, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i += Long.BYTES) {
            // Each group of eight is a mix (Stafford's variant 13) of its place: no two blocks look the same.
            long z = (from + i) / Long.BYTES * 0x9E3779B97F4A7C15L;
            z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
            z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
            z ^= z >>> 31;
            for (int j = i; j < Math.min(length, i + Long.BYTES); j++) {
                bytes[j] = (byte) z;
                z >>>= 8;
            }
        }
        return bytes;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
