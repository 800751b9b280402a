package dev.millrace.server.http;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.function.Predicate;
import javax.net.ssl.SSLSocket;

/** HTTP/2 frames by hand (RFC 9113). Headers are sent as literals; those received are not decoded. */
final class RawHttp2 implements AutoCloseable {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CANCEL = 8;

    @SuppressWarnings("ArrayRecordComponent")
    record Frame(int type, int flags, int stream, byte[] payload) {
        boolean is(int type, int stream) {
            return this.type == type && this.stream == stream;
        }

        boolean endsStream() {
            return (flags & 1) != 0 && (type == DATA || type == HEADERS);
        }

        String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }

        int number() {
            return ByteBuffer.wrap(payload).getInt();
        }
    }

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;

    private RawHttp2(Socket socket, InputStream in) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(in);
        this.out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
    }

    /** A connection by prior knowledge, or over TLS if the socket is. */
    static RawHttp2 open(Socket socket) throws IOException {
        return open(socket, 65_535);
    }

    /** As {@link #open(Socket)}, where each stream may receive only so many bytes until told otherwise. */
    static RawHttp2 open(Socket socket, int window) throws IOException {
        var http2 = new RawHttp2(socket, socket.getInputStream());
        http2.preface(window);
        return http2;
    }

    /** A connection that was HTTP/1 before; what it has read already is in {@code in}. */
    static RawHttp2 upgraded(Socket socket, InputStream in) throws IOException {
        var http2 = new RawHttp2(socket, in);
        http2.preface(65_535);
        return http2;
    }

    private void preface(int window) throws IOException {
        out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        frame(
                SETTINGS,
                0,
                0,
                ByteBuffer.allocate(6).putShort((short) 4).putInt(window).array());
    }

    void frame(int type, int flags, int stream, byte... payload) throws IOException {
        out.writeInt((payload.length << 8) | type);
        out.writeByte(flags);
        out.writeInt(stream);
        out.write(payload);
        out.flush();
    }

    void get(int stream, String path) throws IOException {
        frame(HEADERS, 5, stream, headers("GET", path));
    }

    /** Headers of a request whose body follows. */
    void post(int stream, String path, String... headers) throws IOException {
        frame(HEADERS, 4, stream, headers("POST", path, headers));
    }

    private byte[] headers(String method, String path, String... more) {
        var block = new ByteArrayOutputStream();
        literal(block, ":method", method);
        literal(block, ":scheme", socket instanceof SSLSocket ? "https" : "http");
        literal(block, ":path", path);
        literal(block, ":authority", "localhost");
        for (int i = 0; i < more.length; i += 2) {
            literal(block, more[i], more[i + 1]);
        }
        return block.toByteArray();
    }

    /** RFC 7541, 6.2.2: a literal without indexing, with a new name, without Huffman. */
    private static void literal(ByteArrayOutputStream block, String name, String value) {
        block.write(0);
        string(block, name);
        string(block, value);
    }

    private static void string(ByteArrayOutputStream block, String text) {
        int length = text.length();
        if (length < 127) {
            block.write(length);
        } else {
            block.write(127);
            for (length -= 127; length >= 128; length >>= 7) {
                block.write((length & 127) | 128);
            }
            block.write(length);
        }
        block.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    void rst(int stream) throws IOException {
        frame(RST_STREAM, 0, stream, ByteBuffer.allocate(4).putInt(CANCEL).array());
    }

    void allow(int stream, int bytes) throws IOException {
        frame(WINDOW_UPDATE, 0, stream, ByteBuffer.allocate(4).putInt(bytes).array());
    }

    /** The next frame; settings are acknowledged on the way. */
    Frame next() throws IOException {
        int lengthAndType = in.readInt();
        int flags = in.readUnsignedByte();
        int stream = in.readInt() & 0x7fffffff;
        byte[] payload = new byte[lengthAndType >>> 8];
        in.readFully(payload);
        var frame = new Frame(lengthAndType & 0xff, flags, stream, payload);
        if (frame.type() == SETTINGS && (flags & 1) == 0) {
            frame(SETTINGS, 1, 0);
        }
        return frame;
    }

    /** Skips frames until this one. */
    Frame await(Predicate<Frame> wanted) throws IOException {
        while (true) {
            var frame = next();
            if (wanted.test(frame)) {
                return frame;
            }
            if (frame.type() == GOAWAY) {
                throw new SocketException("GOAWAY: " + frame.text());
            }
        }
    }

    Frame await(int type, int stream) throws IOException {
        return await(frame -> frame.is(type, stream));
    }

    /** Skips frames until each of these streams has had data, in whatever order. */
    void awaitData(Integer... streams) throws IOException {
        var missing = new HashSet<>(List.of(streams));
        while (!missing.isEmpty()) {
            missing.remove(await(frame -> frame.type() == DATA).stream());
        }
    }

    /** Whether the stream is reset, or its whole connection given up, before it gets an answer. */
    boolean refuses(int stream) throws IOException {
        try {
            return await(frame -> frame.is(HEADERS, stream) || frame.is(RST_STREAM, stream))
                            .type()
                    == RST_STREAM;
        } catch (EOFException | SocketException closed) {
            return true;
        }
    }

    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
