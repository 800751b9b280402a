package dev.millrace.server.files;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;

/**
 * An origin somewhere else that serves the files of a folder by single ranges, and counts the bytes that this costs it. It
 * is as unreliable as it is told to be.
 */
public final class CountingOrigin implements AutoCloseable {
    private static final int SLICE = 64 << 10;
    private static final int GOOD = 100;

    private final Path folder;
    private final HttpServer server;
    private final LongAdder sent = new LongAdder();
    private volatile IntSupplier fates = () -> GOOD;

    public CountingOrigin(Path folder) throws IOException {
        this.folder = folder;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::serve);
        server.start();
    }

    public URI base() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    }

    /** Bytes that were sent since this was asked last. */
    public long sent() {
        return sent.sumThenReset();
    }

    /**
     * What becomes of each answer from now on: 0 or 1 an error, 2 a connection that breaks in the middle, 3 one that hangs
     * for a moment, anything else the bytes.
     */
    public void follow(IntSupplier numbers) {
        fates = numbers;
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            Path file = folder.resolve(exchange.getRequestURI().getPath().substring(1));
            int fate = fates.getAsInt();
            if (fate == 0 || fate == 1 || !Files.isRegularFile(file)) {
                exchange.getResponseHeaders().set("Retry-After", "0");
                exchange.sendResponseHeaders(Files.isRegularFile(file) ? 503 - fate : 404, -1);
                return;
            }
            long size = Files.size(file);
            String[] ends = exchange.getRequestHeaders()
                    .getFirst("Range")
                    .substring("bytes=".length())
                    .split("-", 2);
            long from = Long.parseLong(ends[0]);
            long end = Math.min(size, Long.parseLong(ends[1]) + 1);
            var headers = exchange.getResponseHeaders();
            headers.set(
                    "ETag", "\"" + size + '-' + Files.getLastModifiedTime(file).toMillis() + '"');
            headers.set("Content-Range", "bytes " + from + '-' + (end - 1) + '/' + size);
            exchange.sendResponseHeaders(206, end - from);
            send(exchange.getResponseBody(), file, from, end, fate);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(OutputStream out, Path file, long from, long end, int fate)
            throws IOException, InterruptedException {
        long middle = from + (end - from) / 2;
        ByteBuffer slice = ByteBuffer.allocate(SLICE);
        try (FileChannel channel = FileChannel.open(file)) {
            for (long at = from; at < end; ) {
                long stop = at < middle ? middle : end;
                if (at == middle && fate == 2) {
                    return; // To close the exchange before all is sent breaks its connection.
                }
                if (at == middle && fate == 3) {
                    Thread.sleep(30);
                }
                int n = channel.read(slice.clear().limit((int) Math.min(SLICE, stop - at)), at);
                out.write(slice.array(), 0, n);
                sent.add(n);
                at += n;
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
