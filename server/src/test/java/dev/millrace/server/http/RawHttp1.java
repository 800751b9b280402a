package dev.millrace.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.SSLException;

/** HTTP/1 spoken by hand, to see what is on the wire and to misbehave. */
final class RawHttp1 implements AutoCloseable {
    private final Socket socket;
    final InputStream in;

    RawHttp1(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    record Head(int status, Map<String, String> headers) {}

    RawHttp1 get(String path) throws IOException {
        return send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }

    RawHttp1 send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    RawHttp1 send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    String line() throws IOException {
        var line = new ByteArrayOutputStream();
        int b = in.read();
        while (b != '\n') {
            if (b < 0) {
                throw new EOFException("after '" + line.toString(StandardCharsets.ISO_8859_1) + "'");
            }
            line.write(b);
            b = in.read();
        }
        return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
    }

    Head head() throws IOException {
        int status = Integer.parseInt(line().split(" ", 3)[1]);
        var headers = new TreeMap<String, String>();
        String line = line();
        while (!line.isEmpty()) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
            line = line();
        }
        return new Head(status, headers);
    }

    /** So many bytes, as text. */
    String bytes(int count) throws IOException {
        return new String(in.readNBytes(count), StandardCharsets.UTF_8);
    }

    /** The next chunk, as text, once the line break that ends it is there, too; empty for the last. */
    String chunk() throws IOException {
        String text = bytes(Integer.parseInt(line(), 16));
        assertThat(bytes(2)).isEqualTo("\r\n");
        return text;
    }

    /** The body of a response that announced its length. */
    String body(Head head) throws IOException {
        int length = Integer.parseInt(head.headers().get("content-length"));
        return bytes(length);
    }

    /** Reads until the server closes or resets the connection. Throws SocketTimeoutException if it does neither. */
    String untilClosed() throws IOException {
        var all = new ByteArrayOutputStream();
        try {
            in.transferTo(all);
        } catch (SocketException | SSLException reset) {
            // closed, the hard way
        }
        return all.toString(StandardCharsets.UTF_8);
    }

    /** Leaves without a word, by RST. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
