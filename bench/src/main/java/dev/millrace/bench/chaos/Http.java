package dev.millrace.bench.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Locale;

/**
 * A request over a connection of its own, which says {@code Connection: close}. Plain sockets, because their limits hold
 * against a frozen server, and because they are cut exactly when we want.
 */
final class Http implements AutoCloseable {
    private static final int CONNECT_MILLIS = 2_000;

    /** What a server answered. */
    record Reply(int status, String body) {}

    private final Socket socket;
    private final InputStream in;
    private final int status;

    /** Sends the request and reads the head of the answer. */
    private Http(int port, Duration silence, String request) throws IOException {
        socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
            socket.setSoTimeout(Math.toIntExact(silence.toMillis()));
            socket.getOutputStream().write(request.getBytes(UTF_8));
            in = new BufferedInputStream(socket.getInputStream());
            String first = line();
            status = Integer.parseInt(first.split(" ", -1)[1]);
            for (String header = line(); !header.isEmpty(); header = line()) {
                if (header.toLowerCase(Locale.ROOT).startsWith("transfer-encoding:")) {
                    throw new IOException("a chunked answer was not expected");
                }
            }
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e instanceof IOException io ? io : new IOException("no HTTP answer", e);
        }
    }

    /** @param silence how long nothing may come before this fails */
    static Http open(int port, Duration silence, String method, String path, String body, String... headers)
            throws IOException {
        var request = new StringBuilder();
        request.append(method)
                .append(' ')
                .append(path)
                .append(" HTTP/1.1\r\nHost: 127.0.0.1:")
                .append(port);
        for (int i = 0; i < headers.length; i += 2) {
            request.append("\r\n").append(headers[i]).append(": ").append(headers[i + 1]);
        }
        if (!body.isEmpty()) {
            request.append("\r\nContent-Type: application/json\r\nContent-Length: ")
                    .append(body.getBytes(UTF_8).length);
        }
        if (!java.util.Arrays.asList(headers).contains("Upgrade")) {
            request.append("\r\nConnection: close");
        }
        return new Http(port, silence, request.append("\r\n\r\n").append(body).toString());
    }

    /** A whole exchange. */
    static Reply ask(int port, Duration silence, String method, String path, String body, String... headers)
            throws IOException {
        try (Http http = open(port, silence, method, path, body, headers)) {
            return new Reply(http.status, http.rest());
        }
    }

    int status() {
        return status;
    }

    String rest() throws IOException {
        return new String(in.readAllBytes(), UTF_8);
    }

    /**
     * The next line without its end, or what is there instead of a last one.
     *
     * @throws EOFException if there is nothing
     */
    String line() throws IOException {
        var line = new ByteArrayOutputStream(128);
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0 && line.size() == 0) {
                throw new EOFException("the server ended the answer");
            }
            if (b < 0) {
                break;
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(UTF_8);
    }

    int read() throws IOException {
        int b = in.read();
        if (b < 0) {
            throw new EOFException("the server ended the answer");
        }
        return b;
    }

    byte[] read(int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException("the server ended the answer");
        }
        return bytes;
    }

    void write(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** From any thread: who reads fails. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone anyway
        }
    }
}
