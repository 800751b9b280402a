package dev.millrace.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An A2A server on a real socket that does to each request what the test says, in the order in which they come. */
final class ScriptedServer implements AutoCloseable {

    /** What to do with one request. Its connection is closed when this returns. */
    interface Answer {
        void to(Call call) throws Exception;
    }

    private final ServerSocket socket;
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile Answer otherwise = call -> call.status(500, "text/plain", "not in the script");

    ScriptedServer() {
        try {
            socket = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    URI uri() {
        return uri("/");
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + socket.getLocalPort() + path);
    }

    ScriptedServer then(Answer answer) {
        answers.add(answer);
        return this;
    }

    /** Answers everything that is not in the script. */
    ScriptedServer always(Answer answer) {
        otherwise = answer;
        return this;
    }

    /** The next request, in the order in which they came. */
    Call call() throws InterruptedException {
        Call call = calls.poll(20, TimeUnit.SECONDS);
        if (call == null) {
            throw new AssertionError("no request came");
        }
        return call;
    }

    int unreadCalls() {
        return calls.size();
    }

    int openConnections() {
        return open.size();
    }

    @Override
    public void close() {
        try {
            socket.close();
            for (Socket peer : open) {
                peer.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket peer = socket.accept();
                peer.setTcpNoDelay(true);
                open.add(peer);
                Thread.ofVirtual().start(() -> serve(peer));
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private void serve(Socket peer) {
        try (peer) {
            Call call = Call.read(peer);
            if (call != null) {
                Answer answer = answers.poll();
                calls.add(call);
                (answer == null ? otherwise : answer).to(call);
            }
        } catch (Exception e) {
            // the client has left, or the test is over
        } finally {
            open.remove(peer);
        }
    }

    /** One request, and the ways to answer it. */
    static final class Call {
        private final Socket peer;
        final String line;
        final Map<String, String> headers;
        final JsonNode json;

        private Call(Socket peer, String line, Map<String, String> headers, JsonNode json) {
            this.peer = peer;
            this.line = line;
            this.headers = headers;
            this.json = json;
        }

        static Call read(Socket peer) throws IOException {
            InputStream in = peer.getInputStream();
            String line = line(in);
            if (line == null) {
                return null;
            }
            var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
            for (String header = line(in); header != null && !header.isEmpty(); header = line(in)) {
                int colon = header.indexOf(':');
                headers.put(
                        header.substring(0, colon), header.substring(colon + 1).strip());
            }
            byte[] body = in.readNBytes(Integer.parseInt(headers.getOrDefault("Content-Length", "0")));
            return new Call(
                    peer,
                    line,
                    headers,
                    body.length == 0 ? null : JsonMapper.shared().readTree(body));
        }

        private static String line(InputStream in) throws IOException {
            var line = new ByteArrayOutputStream();
            for (int b = in.read(); b != '\n'; b = in.read()) {
                if (b < 0) {
                    return null;
                }
                if (b != '\r') {
                    line.write(b);
                }
            }
            return line.toString(UTF_8);
        }

        String method() {
            return json.get("method").stringValue();
        }

        JsonNode params() {
            return json.get("params");
        }

        void raw(String text) throws IOException {
            peer.getOutputStream().write(text.getBytes(UTF_8));
            peer.getOutputStream().flush();
        }

        void status(int status, String type, String body) throws IOException {
            raw("HTTP/1.1 " + status + " X\r\nContent-Type: " + type + "\r\nConnection: close\r\nContent-Length: "
                    + body.getBytes(UTF_8).length + "\r\n\r\n" + body);
        }

        void result(String result) throws IOException {
            status(200, "application/json", envelope("\"result\":" + result));
        }

        void error(int code, String message, String data) throws IOException {
            status(
                    200,
                    "application/json",
                    envelope(
                            "\"error\":{\"code\":" + code + ",\"message\":\"" + message + "\",\"data\":" + data + "}"));
        }

        /** Begins a stream whose end is the end of the connection, so that a cut looks like an end. */
        Call stream() throws IOException {
            raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n: hello\n\n");
            return this;
        }

        /** Begins a stream whose length is announced, so that its end is a cut. */
        Call streamCutShort() throws IOException {
            raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000000\r\n\r\n: hello\n\n");
            return this;
        }

        Call event(String id, String result) throws IOException {
            raw(frame(id, result));
            return this;
        }

        String frame(String id, String result) {
            return (id == null ? "" : "id: " + id + "\n") + "data: " + envelope("\"result\":" + result) + "\n\n";
        }

        String envelope(String rest) {
            return "{\"jsonrpc\":\"2.0\",\"id\":" + json.get("id") + "," + rest + "}";
        }

        /** Waits until the client closes the connection. */
        void awaitLeave() throws IOException {
            try {
                peer.getInputStream().read();
            } catch (SocketException reset) {
                // it left without reading all that was there for it
            }
        }
    }
}
