package dev.millrace.server.http;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

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

    private RawHttp2(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(socket.getInputStream());
        this.out = new DataOutputStream(socket.getOutputStream());
    }

    /** A connection by prior knowledge, or over TLS if the socket is. */
    static RawHttp2 open(Socket socket) throws IOException {
        return open(socket, 65_535);
    }

    /** As {@link #open(Socket)}, where each stream may receive only so many bytes until told otherwise. */
    static RawHttp2 open(Socket socket, int window) throws IOException {
        var http2 = new RawHttp2(socket);
        http2.out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        http2.frame(
                SETTINGS,
                0,
                0,
                ByteBuffer.allocate(6).putShort((short) 4).putInt(window).array());
        return http2;
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

    static byte[] headers(String method, String path, String... more) {
        var block = new ByteArrayOutputStream();
        literal(block, ":method", method);
        literal(block, ":scheme", "http");
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
        }
    }

    Frame await(int type, int stream) throws IOException {
        return await(frame -> frame.is(type, stream));
    }

    /** Whether the connection ends before a frame of this stream comes. */
    boolean endsWithout(int type, int stream) throws IOException {
        try {
            await(type, stream);
            return false;
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
