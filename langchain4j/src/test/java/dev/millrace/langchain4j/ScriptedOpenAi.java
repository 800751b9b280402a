package dev.millrace.langchain4j;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.langchain4j.http.client.jdk.JdkHttpClient;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpClient;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server of OpenAI's chat completions on a real socket, which answers each request as the test says. */
final class ScriptedOpenAi implements AutoCloseable {
    /** What to do with one request; its connection is closed when this returns. */
    interface Script {
        void play(Exchange exchange) throws Exception;
    }

    private final ServerSocket socket;
    private final Queue<Script> scripts = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<JsonNode> requests = new LinkedBlockingQueue<>();

    ScriptedOpenAi() {
        try {
            socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.startVirtualThread(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + socket.getLocalPort() + "/v1";
    }

    /** LangChain4j's own client of it, with its own HTTP client. */
    OpenAiStreamingChatModel streamingModel() {
        return OpenAiStreamingChatModel.builder()
                .httpClientBuilder(JdkHttpClient.builder().httpClientBuilder(http1()))
                .baseUrl(url())
                .apiKey("sk-test")
                .modelName("small")
                .returnThinking(true)
                .build();
    }

    /** The same, for whole answers. */
    OpenAiChatModel wholeModel() {
        return OpenAiChatModel.builder()
                .httpClientBuilder(JdkHttpClient.builder().httpClientBuilder(http1()))
                .baseUrl(url())
                .apiKey("sk-test")
                .modelName("small")
                .maxRetries(0)
                .build();
    }

    private static HttpClient.Builder http1() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1);
    }

    ScriptedOpenAi then(Script script) {
        scripts.add(script);
        return this;
    }

    /** The body of the next request. */
    JsonNode request() throws InterruptedException {
        JsonNode request = requests.poll(30, TimeUnit.SECONDS);
        if (request == null) {
            throw new AssertionError("no request came");
        }
        return request;
    }

    boolean wasAskedMore() {
        return !requests.isEmpty();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private void accept() {
        try {
            while (true) {
                Socket peer = socket.accept();
                Thread.startVirtualThread(() -> serve(peer));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket peer) {
        try (peer) {
            var in = new BufferedInputStream(peer.getInputStream());
            int length = 0;
            for (String header = line(in); !header.isEmpty(); header = line(in)) {
                if (header.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
                    length = Integer.parseInt(header.substring(15).strip());
                }
            }
            requests.add(JsonMapper.shared().readTree(in.readNBytes(length)));
            Script script = scripts.poll();
            if (script != null) {
                script.play(new Exchange(peer));
            }
        } catch (Exception over) {
            // The client has left, or the test is over.
        }
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("the client left");
            }
            if (b != '\r') {
                line.append((char) b);
            }
        }
        return line.toString();
    }

    /** The ways to answer. */
    record Exchange(Socket peer) {
        private void raw(String text) throws IOException {
            peer.getOutputStream().write(text.getBytes(UTF_8));
            peer.getOutputStream().flush();
        }

        void json(int status, String body) throws IOException {
            raw("HTTP/1.1 " + status + " X\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
                    + body.getBytes(UTF_8).length + "\r\n\r\n" + body);
        }

        Exchange stream() throws IOException {
            raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
            return this;
        }

        /** A piece of the answer, as it stands in a JSON string. */
        Exchange words(String text) throws IOException {
            return delta("{\"content\":\"" + text + "\"}", "null");
        }

        Exchange reasoning(String text) throws IOException {
            return delta("{\"reasoning_content\":\"" + text + "\"}", "null");
        }

        Exchange tool(String name, String arguments) throws IOException {
            return delta(
                    "{\"tool_calls\":[{\"index\":0,\"id\":\"call-1\",\"type\":\"function\",\"function\":{\"name\":\""
                            + name + "\",\"arguments\":"
                            + JsonMapper.shared().writeValueAsString(arguments) + "}}]}",
                    "null");
        }

        private Exchange delta(String delta, String finish) throws IOException {
            raw(
                    "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"small\",\"choices\":"
                            + "[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":" + finish + "}]}\n\n");
            return this;
        }

        void end(String finish, int input, int output) throws IOException {
            delta("{}", "\"" + finish + "\"");
            raw(
                    "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"small\",\"choices\":[],"
                            + "\"usage\":{\"prompt_tokens\":" + input + ",\"completion_tokens\":" + output
                            + ",\"total_tokens\":" + (input + output) + "}}\n\n");
            raw("data: [DONE]\n\n");
        }

        void done() throws IOException {
            end("stop", 1, 1);
        }

        /** Waits until the client closes the connection. */
        void awaitLeave() throws IOException {
            try {
                peer.getInputStream().read();
            } catch (java.net.SocketException reset) {
                // It left without reading all that was there for it.
            }
        }
    }
}
