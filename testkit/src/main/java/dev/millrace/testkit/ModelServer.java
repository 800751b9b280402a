package dev.millrace.testkit;

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
import org.jspecify.annotations.Nullable;

/**
 * A server of models on a real socket, which does to each request what the test says: chat completions in OpenAI's words by name,
 * any other stream chunk by chunk as it was recorded. Any thread.
 */
public final class ModelServer implements AutoCloseable {

    /** What to do with one request. Its connection is closed when this returns. */
    public interface Answer {
        void to(Call call) throws Exception;
    }

    private final ServerSocket socket;
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    public ModelServer() {
        try {
            socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.startVirtualThread(this::accept);
    }

    /** Where its API is. */
    public URI baseUrl() {
        return URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/v1");
    }

    /** What becomes of the next request that nothing was said of yet; a request that has no answer is closed. */
    public ModelServer then(Answer answer) {
        answers.add(answer);
        return this;
    }

    /** The next request that came; waits for it for 20 s. */
    public Call call() throws InterruptedException {
        Call call = calls.poll(20, TimeUnit.SECONDS);
        if (call == null) {
            throw new AssertionError("no request came");
        }
        return call;
    }

    /** How many requests came that {@link #call} did not give yet. */
    public int callsWaiting() {
        return calls.size();
    }

    /** How many clients are connected. */
    public int openConnections() {
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
    public static final class Call {
        private final Socket peer;
        private final String line;
        private final Map<String, String> headers;
        private final String body;

        private Call(Socket peer, String line, Map<String, String> headers, String body) {
            this.peer = peer;
            this.line = line;
            this.headers = headers;
            this.body = body;
        }

        /** The request line. */
        public String line() {
            return line;
        }

        /** Its headers, whatever the case of their names. */
        public Map<String, String> headers() {
            return headers;
        }

        /** What was sent, mostly JSON. */
        public String body() {
            return body;
        }

        private static Call read(Socket peer) throws IOException {
            InputStream in = peer.getInputStream();
            String line = line(in);
            var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
            for (String header = line(in); !header.isEmpty(); header = line(in)) {
                int colon = header.indexOf(':');
                headers.put(
                        header.substring(0, colon), header.substring(colon + 1).strip());
            }
            byte[] body = in.readNBytes(Integer.parseInt(headers.getOrDefault("Content-Length", "0")));
            return new Call(peer, line, headers, new String(body, UTF_8));
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

        /** Bytes as they are. */
        public void raw(String text) throws IOException {
            raw(text.getBytes(UTF_8));
        }

        /** Bytes as they are. */
        public void raw(byte[] bytes) throws IOException {
            peer.getOutputStream().write(bytes);
            peer.getOutputStream().flush();
        }

        /** A whole answer. */
        public void status(int status, String type, String body) throws IOException {
            raw("HTTP/1.1 " + status + " X\r\nContent-Type: " + type + "\r\nRetry-After: 7\r\nConnection: close\r\n"
                    + "Content-Length: " + body.getBytes(UTF_8).length + "\r\n\r\n" + body);
        }

        /** An error as OpenAI's. */
        public void error(int status, String message, String code) throws IOException {
            status(
                    status,
                    "application/json",
                    "{\"error\":{\"message\":\"" + message + "\",\"type\":\"x\",\"param\":null,\"code\":\"" + code
                            + "\"}}");
        }

        /** The head of a stream of events. */
        public Call stream() throws IOException {
            raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n");
            return this;
        }

        /** A piece of the answer; the text is put into the JSON as it is. */
        public Call words(String text) throws IOException {
            return chunk("{\"content\":\"" + text + "\"}", null);
        }

        /** A chunk with that delta; null = it does not finish. */
        public Call chunk(String delta, @Nullable String finish) throws IOException {
            raw("data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":"
                    + "[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":"
                    + (finish == null ? "null" : "\"" + finish + "\"") + "}]}\n\n");
            return this;
        }

        /** The end of an answer that took a token each way. */
        public void done() throws IOException {
            end("stop", 1, 1);
        }

        /** The end of an answer: why it ended, and what it took. */
        public void end(String finish, int input, int output) throws IOException {
            chunk("{}", finish);
            raw("data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],"
                    + "\"usage\":{\"prompt_tokens\":" + input + ",\"completion_tokens\":" + output
                    + ",\"total_tokens\":" + (input + output) + "}}\n\n");
            raw("data: [DONE]\n\n");
        }

        /** A piece of its reasoning, as it stands in a JSON string. */
        public Call reasoning(String text) throws IOException {
            return chunk("{\"reasoning_content\":\"" + text + "\"}", null);
        }

        /** Events with these data, as they are. */
        public Call data(String... events) throws IOException {
            for (String event : events) {
                raw("data: " + event + "\n\n");
            }
            return this;
        }

        /** One event of that type. */
        public Call event(String type, String data) throws IOException {
            raw("event: " + type + "\ndata: " + data + "\n\n");
            return this;
        }

        /** A stream of JSON objects, one a line. */
        public Call lines() throws IOException {
            raw("HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n");
            return this;
        }

        /** A call of a tool, in one piece. */
        public Call tool(int index, String id, String name, String arguments) throws IOException {
            return chunk(
                    "{\"tool_calls\":[{\"index\":" + index + ",\"id\":\"" + id
                            + "\",\"type\":\"function\",\"function\":{\"name\":\"" + name + "\",\"arguments\":\""
                            + arguments.replace("\\", "\\\\").replace("\"", "\\\"") + "\"}}]}",
                    null);
        }

        /** The end of an answer that calls tools. */
        public void calls() throws IOException {
            chunk("{}", "tool_calls");
            raw("data: [DONE]\n\n");
        }

        /** Waits until the client closes the connection. */
        public void awaitLeave() throws IOException {
            try {
                peer.getInputStream().read();
            } catch (SocketException reset) {
                // it left without reading all that was there for it
            }
        }
    }
}
