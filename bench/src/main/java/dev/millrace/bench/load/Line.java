package dev.millrace.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.millrace.bench.Lost;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Locale;

/**
 * One kept connection, one request at a time, on the caller's thread: what is between the request's first byte and the
 * response's last is the server's and the kernel's, and as little as can be is the load's.
 *
 * <p>Understands what the measured servers send: HTTP/1.1 with a {@code Content-Length} or in chunks. A connection that
 * has rested for a second is replaced before the next request, since servers close those that rest.
 */
public final class Line implements AutoCloseable {
    private static final int PIECE = 64 << 10;
    private static final long RESTED = 1_000_000_000;

    private final InetSocketAddress server;
    private SocketChannel channel;
    private ByteBuffer out = ByteBuffer.allocateDirect(PIECE);
    private final ByteBuffer in = ByteBuffer.allocateDirect(PIECE).flip();
    private byte[] body = new byte[PIECE];
    private int length;
    private long usedAt = System.nanoTime();

    public Line(int port) throws IOException {
        server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        channel = open();
    }

    private SocketChannel open() throws IOException {
        var opened = SocketChannel.open();
        opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
        opened.connect(server);
        return opened;
    }

    /** Has a connection that the server has not begun to count out. */
    public void ready() throws IOException {
        if (!channel.isOpen() || System.nanoTime() - usedAt > RESTED) {
            channel.close();
            channel = open();
            in.clear().flip();
        }
    }

    /**
     * Sends a whole request and reads the whole response.
     *
     * @return its body
     * @throws Lost if the status is not 200
     */
    public byte[] call(byte[] request) throws IOException {
        if (out.capacity() < request.length) {
            out = ByteBuffer.allocateDirect(request.length);
        }
        out.clear().put(request).flip();
        while (out.hasRemaining()) {
            channel.write(out);
        }
        length = 0;
        String head = head();
        if (!head.startsWith("http/1.1 200 ")) {
            throw new Lost("the server answered " + head);
        }
        if (head.contains("transfer-encoding: chunked")) {
            for (int chunk = chunk(); chunk > 0; chunk = chunk()) {
                take(chunk);
                line();
            }
            line();
        } else {
            int from = head.indexOf("content-length:") + "content-length:".length();
            take(Integer.parseInt(head, skipSpace(head, from), head.indexOf('\r', from), 10));
        }
        if (head.contains("connection: close")) {
            channel.close();
        }
        usedAt = System.nanoTime();
        return Arrays.copyOf(body, length);
    }

    private static int skipSpace(String head, int from) {
        return head.charAt(from) == ' ' ? from + 1 : from;
    }

    private int chunk() throws IOException {
        return Integer.parseInt(line(), 16);
    }

    /** The status line and the headers, in small letters. */
    private String head() throws IOException {
        var head = new StringBuilder();
        String line = line();
        while (!line.isEmpty()) {
            head.append(line.toLowerCase(Locale.ROOT)).append("\r\n");
            line = line();
        }
        return head.toString();
    }

    private String line() throws IOException {
        var line = new byte[64];
        int size = 0;
        for (byte b = next(); b != '\n'; b = next()) {
            if (size == line.length) {
                line = Arrays.copyOf(line, 2 * size);
            }
            line[size++] = b;
        }
        return new String(line, 0, size > 0 && line[size - 1] == '\r' ? size - 1 : size, ISO_8859_1);
    }

    private byte next() throws IOException {
        if (!in.hasRemaining()) {
            fill();
        }
        return in.get();
    }

    private void take(int more) throws IOException {
        if (body.length - length < more) {
            body = Arrays.copyOf(body, Math.max(length + more, 2 * body.length));
        }
        int end = length + more;
        while (length < end) {
            if (!in.hasRemaining()) {
                fill();
            }
            int piece = Math.min(in.remaining(), end - length);
            in.get(body, length, piece);
            length += piece;
        }
    }

    private void fill() throws IOException {
        in.clear();
        int read = channel.read(in);
        in.flip();
        if (read < 0) {
            throw new EOFException("the server closed the connection within its response");
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
