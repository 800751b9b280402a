package dev.millrace.server.files;

import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpServer;
import dev.millrace.server.http.ResponseBody;
import dev.millrace.server.http.Router;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/** An origin somewhere else that serves the files of a folder by single ranges, and counts the bytes that this costs it. */
final class CountingOrigin implements AutoCloseable {
    private static final int SLICE = 64 << 10;

    private final Path folder;
    private final HttpServer server;
    private final LongAdder sent = new LongAdder();

    CountingOrigin(Path folder) throws IOException {
        this.folder = folder;
        Router router = new Router();
        router.get("/{name}", this::serve);
        server = HttpServer.builder(router).build();
        server.start();
    }

    URI base() {
        return server.uri().resolve("/");
    }

    /** Bytes that were sent since this was asked last. */
    long sent() {
        return sent.sumThenReset();
    }

    private void serve(Exchange exchange) throws IOException {
        Path file = folder.resolve(exchange.pathParameter("name"));
        if (!Files.exists(file)) {
            exchange.respond(404);
            return;
        }
        long size = Files.size(file);
        String[] ends = exchange.header("Range")
                .orElseThrow()
                .substring("bytes=".length())
                .split("-", 2);
        long from = Long.parseLong(ends[0]);
        long end = Math.min(size, Long.parseLong(ends[1]) + 1);
        exchange.header(
                        "ETag",
                        "\"" + size + '-' + Files.getLastModifiedTime(file).toMillis() + '"')
                .header("Content-Range", "bytes " + from + '-' + (end - 1) + '/' + size)
                .header("Content-Length", Long.toString(end - from));
        try (FileChannel channel = FileChannel.open(file);
                ResponseBody body = exchange.respondStream(206)) {
            ByteBuffer slice = ByteBuffer.allocate(SLICE);
            for (long at = from; at < end; ) {
                int n = channel.read(slice.clear().limit((int) Math.min(SLICE, end - at)), at);
                body.write(slice.flip());
                sent.add(n);
                at += n;
            }
        }
    }

    @Override
    public void close() {
        server.stop(Duration.ZERO);
    }
}
