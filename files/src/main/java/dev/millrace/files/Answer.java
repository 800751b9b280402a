package dev.millrace.files;

import java.io.EOFException;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;

/** An answer whose head is here and whose body is read as it comes. Used by one thread at a time, except {@link #cut}. */
final class Answer implements HttpResponse.ResponseInfo, AutoCloseable {
    /** How one knows where the body ends. */
    enum Framing {
        LENGTH,
        CHUNKED,
        TO_THE_END
    }

    private final Wire wire;
    private final int status;
    private final HttpHeaders headers;
    private final Framing framing;
    private final boolean stays;

    /** Of the body, or of the chunk that is read. */
    private long left;

    private boolean chunksBegun;
    private boolean over;
    private boolean closed;

    Answer(Wire wire, int status, HttpHeaders headers, Framing framing, long left, boolean stays) {
        this.wire = wire;
        this.status = status;
        this.headers = headers;
        this.framing = framing;
        this.left = left;
        this.stays = stays;
        this.over = framing == Framing.LENGTH && left == 0;
    }

    @Override
    public int statusCode() {
        return status;
    }

    @Override
    public HttpHeaders headers() {
        return headers;
    }

    @Override
    public HttpClient.Version version() {
        return HttpClient.Version.HTTP_1_1;
    }

    /** While bytes are read: see {@link Wire#watch}. */
    void watch(Duration silence, Duration limit) {
        wire.watch(silence, limit);
    }

    void unwatch() {
        wire.unwatch();
    }

    /**
     * Reads what is there, and waits for it.
     *
     * @param into has something remaining
     * @return how many bytes; -1 after the last
     * @throws EOFException if the connection ended before the body did
     */
    int read(ByteBuffer into) throws IOException, InterruptedException {
        if (!over && framing == Framing.CHUNKED && left == 0) {
            nextChunk();
        }
        if (over) {
            return -1;
        }
        int limit = into.limit();
        int count;
        if (framing != Framing.TO_THE_END && into.remaining() > left) {
            into.limit(into.position() + (int) left);
        }
        try {
            count = wire.read(into);
        } finally {
            into.limit(limit);
        }
        if (framing == Framing.TO_THE_END) {
            over = count < 0;
            return count;
        }
        if (count < 0) {
            throw new EOFException("the connection ended before the answer did");
        }
        left -= count;
        over = left == 0 && framing == Framing.LENGTH;
        return count;
    }

    /** Whether the body has ended. May wait to learn that, if its length was not announced. */
    boolean isOver() throws IOException, InterruptedException {
        if (!over && framing == Framing.CHUNKED && left == 0) {
            nextChunk();
        }
        if (!over && framing == Framing.TO_THE_END) {
            over = wire.read(ByteBuffer.allocate(1)) < 0;
            return over;
        }
        return over;
    }

    private void nextChunk() throws IOException, InterruptedException {
        if (chunksBegun && !line().isEmpty()) {
            throw new Head.Malformed("a chunk is longer than it said");
        }
        chunksBegun = true;
        String size = line().replaceFirst("[ \\t]*(;.*)?$", "");
        if (!size.matches("[0-9A-Fa-f]{1,15}")) {
            throw new Head.Malformed("a chunk without a size");
        }
        left = Long.parseLong(size, 16);
        if (left == 0) {
            while (!line().isEmpty()) {} // Trailers say nothing that is of use here.
            over = true;
        }
    }

    private String line() throws IOException, InterruptedException {
        StringBuilder line = new StringBuilder();
        for (byte b = wire.readByte(); b != '\n'; b = wire.readByte()) {
            line.append((char) (b & 0xFF));
            if (line.length() > 4096) {
                throw new Head.Malformed("a line between chunks that does not end");
            }
        }
        int length = line.length();
        return line.substring(0, length > 0 && line.charAt(length - 1) == '\r' ? length - 1 : length);
    }

    /** Stops it, whoever reads. Any thread; idempotent. */
    void cut() {
        wire.cut();
    }

    /** By who read it: the connection is kept if all of the body was read, else it is cut. Idempotent. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (over && stays) {
            wire.release();
        } else {
            wire.cut();
        }
    }
}
