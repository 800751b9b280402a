package dev.millrace.bench.prefetch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP server of one file under any name, whose slowness is scripted: how long it waits before it answers a block, and what all its
 * answers together may send. Its bytes follow from their position, so both sides know what they must be.
 */
final class Origin implements AutoCloseable {
    private static final int SLICE = 16 << 10;
    private static final int WIDE_SLICE = 256 << 10;

    /** How many films there are in its folder: film0 and so on, all the same. */
    static final int NAMES = 10_000;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

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

    long fileBytes() {
        return script.fileBytes();
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
            if (exchange.getRequestURI().getPath().equals("/")) {
                list(exchange);
                return;
            }
            long from = 0;
            long end = now.fileBytes();
            String asked = exchange.getRequestHeaders().getFirst("Range");
            if (asked != null) {
                String[] range = asked.substring("bytes=".length()).split("-", 2);
                from = Long.parseLong(range[0]);
                end = range[1].isEmpty() ? end : Math.min(end, Long.parseLong(range[1]) + 1);
                exchange.getResponseHeaders()
                        .set("Content-Range", "bytes " + from + '-' + (end - 1) + '/' + now.fileBytes());
            }
            boolean head = exchange.getRequestMethod().equals("HEAD");
            Duration latency = now.latency(from);
            exchange.getResponseHeaders().set(LATENCY, Long.toString(latency.toNanos()));
            exchange.getResponseHeaders().set("ETag", "\"film\"");
            exchange.getResponseHeaders().set("Accept-Ranges", "bytes");
            Thread.sleep(latency);
            if (head) {
                exchange.getResponseHeaders().set("Content-Length", Long.toString(end - from));
            }
            exchange.sendResponseHeaders(asked == null ? 200 : 206, head ? -1 : end - from);
            if (!head) {
                send(exchange.getResponseBody(), now.pipe(), from, end);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The names of all films, for servers that look there before they believe that there is one. */
    private static void list(HttpExchange exchange) throws IOException {
        StringBuilder page = new StringBuilder("<html><body>\n");
        for (int i = 0; i < NAMES; i++) {
            page.append("<a href=\"film").append(i).append("\">film").append(i).append("</a>\n");
        }
        byte[] html = page.append("</body></html>\n").toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/html");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(200, head ? -1 : html.length);
        if (!head) {
            exchange.getResponseBody().write(html);
        }
    }

    private void send(OutputStream out, @Nullable Pipe pipe, long from, long end)
            throws IOException, InterruptedException {
        for (long at = from; at < end; ) {
            int slice = (int) Math.min(pipe == null ? WIDE_SLICE : SLICE, end - at);
            if (pipe != null) {
                pipe.pass(slice);
            }
            out.write(bytes(at, slice));
            if (pipe != null) {
                out.flush();
            }
            sent.add(slice);
            at += slice;
        }
    }

    /** The file's bytes at this place. */
    static byte[] bytes(long from, int length) {
        int lead = (int) (from % Long.BYTES);
        if (lead > 0) {
            return Arrays.copyOfRange(bytes(from - lead, lead + length), lead, lead + length);
        }
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i += Long.BYTES) {
            // Each group of eight is a mix (Stafford's variant 13) of its place: no two blocks look the same.
            long z = (from + i) / Long.BYTES * 0x9E3779B97F4A7C15L;
            z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
            z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
            z ^= z >>> 31;
            if (i + Long.BYTES <= length) {
                LONGS.set(bytes, i, z);
                continue;
            }
            for (int j = i; j < length; j++) {
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
