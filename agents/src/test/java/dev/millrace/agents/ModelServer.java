package dev.millrace.agents;

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

/** A server of OpenAI's chat completions on a real socket, which does to each request what the test says. */
final class ModelServer implements AutoCloseable {

    /** What to do with one request. Its connection is closed when this returns. */
    interface Answer {
        void to(Call call) throws Exception;
    }

    private final ServerSocket socket;
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    ModelServer() {
        try {
            socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.startVirtualThread(this::accept);
    }

    URI baseUrl() {
        return URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/v1");
    }

    ModelServer then(Answer answer) {
        answers.add(answer);
        return this;
    }

    Call call() throws InterruptedException {
        Call call = calls.poll(20, TimeUnit.SECONDS);
        if (call == null) {
            throw new AssertionError("no request came");
        }
        return call;
    }

    int callsWaiting() {
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
                open.add(peer);
                Thread.startVirtualThread(() -> serve(peer));
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private void serve(Socket peer) {
        try (peer) {
            Call call = Call.read(peer);
            Answer answer = answers.poll();
            calls.add(call);
            if (answer != null) {
                answer.to(call);
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
            var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
            for (String header = line(in); !header.isEmpty(); header = line(in)) {
                int colon = header.indexOf(':');
                headers.put(
                        header.substring(0, colon), header.substring(colon + 1).strip());
            }
            byte[] body = in.readNBytes(Integer.parseInt(headers.getOrDefault("Content-Length", "0")));
            return new Call(peer, line, headers, JsonMapper.shared().readTree(body));
        }

        private static String line(InputStream in) throws IOException {
            var line = new ByteArrayOutputStream();
            for (int b = in.read(); b != '\n'; b = in.read()) {
                if (b < 0) {
                    throw new IOException("the client left");
                }
                if (b != '\r') {
                    line.write(b);
                }
            }
            return line.toString(UTF_8);
        }

        void raw(String text) throws IOException {
            peer.getOutputStream().write(text.getBytes(UTF_8));
            peer.getOutputStream().flush();
        }

        void status(int status, String type, String body) throws IOException {
            raw("HTTP/1.1 " + status + " X\r\nContent-Type: " + type + "\r\nRetry-After: 7\r\nConnection: close\r\n"
                    + "Content-Length: " + body.getBytes(UTF_8).length + "\r\n\r\n" + body);
        }

        void error(int status, String message, String code) throws IOException {
            status(
                    status,
                    "application/json",
                    "{\"error\":{\"message\":\"" + message + "\",\"type\":\"x\",\"param\":null,\"code\":\"" + code
                            + "\"}}");
        }

        Call stream() throws IOException {
            raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n");
            return this;
        }

        /** A piece of the answer; the text is put into the JSON as it is. */
        Call words(String text) throws IOException {
            return chunk("{\"content\":\"" + text + "\"}", null);
        }

        Call chunk(String delta, String finish) throws IOException {
            raw("data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":"
                    + "[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":"
                    + (finish == null ? "null" : "\"" + finish + "\"") + "}]}\n\n");
            return this;
        }

        void done() throws IOException {
            chunk("{}", "stop");
            raw("data: {\"id\":\"x\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,"
                    + "\"total_tokens\":2}}\n\n");
            raw("data: [DONE]\n\n");
        }

        /** Events with these data, as they are. */
        Call data(String... events) throws IOException {
            for (String event : events) {
                raw("data: " + event + "\n\n");
            }
            return this;
        }

        /** One event of that type. */
        Call event(String type, String data) throws IOException {
            raw("event: " + type + "\ndata: " + data + "\n\n");
            return this;
        }

        /** A stream of JSON objects, one a line. */
        Call lines() throws IOException {
            raw("HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n");
            return this;
        }

        /** A call of a tool, in one piece. */
        Call tool(int index, String id, String name, String arguments) throws IOException {
            return chunk(
                    "{\"tool_calls\":[{\"index\":" + index + ",\"id\":\"" + id
                            + "\",\"type\":\"function\",\"function\":{\"name\":\"" + name + "\",\"arguments\":\""
                            + arguments.replace("\\", "\\\\").replace("\"", "\\\"") + "\"}}]}",
                    null);
        }

        /** The end of an answer that calls tools. */
        void calls() throws IOException {
            chunk("{}", "tool_calls");
            raw("data: [DONE]\n\n");
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
