package dev.millrace.server.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(60)
class SendCommandTest {
    /** Writes one event of the task t1. */
    private interface Events {
        void send(String event) throws IOException;
    }

    private interface Script {
        void run(JsonNode request, Events events) throws Exception;
    }

    private HttpServer server;
    private final BlockingQueue<JsonNode> requests = new LinkedBlockingQueue<>();
    private final Map<String, String> headers = new ConcurrentHashMap<>();
    private volatile Script script = (request, events) -> {};
    private final CountDownLatch testOver = new CountDownLatch(1);
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        testOver.countDown();
        server.stop(0);
    }

    @Test
    void the_answer_is_printed_as_it_comes() throws Exception {
        script = (request, events) -> {
            events.send(task("WORKING"));
            String all = "";
            for (String word : List.of("Echo: ", "hello ", "world")) {
                events.send(chunk("answer", word, true));
                all += word;
                awaitOut(all);
            }
            events.send(status("COMPLETED", null));
        };
        assertThat(send("hello world")).isZero();
        assertThat(out.toString()).isEqualTo("Echo: hello world" + System.lineSeparator());
        assertThat(err.toString()).isEmpty();
        JsonNode request = requests.take();
        assertThat(request.get("method").stringValue()).isEqualTo("SendStreamingMessage");
        assertThat(request.at("/params/message/parts/0/text").stringValue()).isEqualTo("hello world");
    }

    @Test
    void what_the_agent_says_of_its_work_goes_to_standard_error() {
        script = (request, events) -> {
            events.send(task("WORKING"));
            events.send(chunk("answer", "one", true));
            events.send(status("WORKING", "searching"));
            events.send(chunk("answer", " two", true));
            events.send(status("COMPLETED", null));
        };
        assertThat(send("x")).isZero();
        assertThat(out.toString().lines()).containsExactly("one", " two");
        assertThat(err.toString().lines()).containsExactly("searching");
    }

    @Test
    void json_prints_each_event_as_a_line() {
        script = (request, events) -> {
            events.send(task("WORKING"));
            events.send(chunk("answer", "one", true));
            events.send(status("COMPLETED", null));
        };
        assertThat(send("--json", "x")).isZero();
        assertThat(out.toString()
                        .lines()
                        .map(line -> JsonMapper.shared()
                                .readTree(line)
                                .propertyNames()
                                .iterator()
                                .next()))
                .containsExactly("task", "artifactUpdate", "statusUpdate");
    }

    @ParameterizedTest
    @CsvSource({"FAILED, failed", "REJECTED, rejected", "CANCELED, canceled"})
    void a_task_that_did_not_make_it_says_why(String state, String word) {
        script = (request, events) -> {
            events.send(task("WORKING"));
            events.send(chunk("answer", "half", true));
            events.send(status(state, "no model"));
        };
        assertThat(send("x")).isEqualTo(1);
        assertThat(out.toString().lines()).containsExactly("half");
        assertThat(err.toString().lines()).containsExactly("the task was " + word + ": no model");
    }

    @ParameterizedTest
    @ValueSource(strings = {"INPUT_REQUIRED", "AUTH_REQUIRED"})
    void a_task_that_waits_for_its_user_says_how_to_answer(String state) {
        script = (request, events) -> {
            events.send(task("WORKING"));
            events.send(status(state, "which one?"));
            testOver.await(); // the server keeps the stream open; the command does not wait for it
        };
        assertThat(send("x")).isEqualTo(3);
        assertThat(err.toString()).contains("which one?").contains("--task t1");
    }

    @Test
    void an_answer_names_its_context_and_task_and_a_stale_snapshot_does_not_end_it() throws Exception {
        script = (request, events) -> {
            events.send(task("INPUT_REQUIRED"));
            events.send(chunk("answer", "thanks", true));
            events.send(status("COMPLETED", null));
        };
        assertThat(send("--context", "c1", "--task", "t1", "the red one")).isZero();
        JsonNode message = requests.take().at("/params/message");
        assertThat(message.get("contextId").stringValue()).isEqualTo("c1");
        assertThat(message.get("taskId").stringValue()).isEqualTo("t1");
        assertThat(out.toString()).startsWith("thanks");
    }

    @Test
    void headers_go_along() {
        script = (request, events) -> events.send(task("COMPLETED"));
        assertThat(send("--header", "Authorization: Bearer x:y", "--header", "X-Tenant:acme", "hi"))
                .isZero();
        assertThat(headers).containsEntry("Authorization", "Bearer x:y").containsEntry("X-tenant", "acme");
    }

    @Test
    void an_answer_that_begins_again_is_shown_whole_on_a_line_of_its_own() {
        script = (request, events) -> {
            events.send(task("WORKING"));
            events.send(chunk("answer", "the quick br", true));
            events.send(chunk("answer", "A lazy", false));
            events.send(chunk("answer", " dog", true));
            events.send(status("COMPLETED", null));
        };
        assertThat(send("x")).isZero();
        assertThat(out.toString().lines()).containsExactly("the quick br", "A lazy dog");
        assertThat(err.toString().lines()).containsExactly("[the agent began this answer again]");
    }

    @Test
    void a_replacement_that_goes_on_with_what_is_there_shows_only_the_rest() {
        script = (request, events) -> {
            events.send(task("WORKING"));
            events.send(chunk("answer", "the quick br", true));
            events.send(chunk("answer", "the quick brown fox", false));
            events.send(status("COMPLETED", null));
        };
        assertThat(send("x")).isZero();
        assertThat(out.toString().lines()).containsExactly("the quick brown fox");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void a_stream_that_is_cut_goes_on_where_it_was() {
        script = (request, events) -> {
            if (request.get("method").stringValue().equals("SendStreamingMessage")) {
                events.send(task("WORKING"));
                events.send(chunk("answer", "one ", true));
            } else {
                events.send(
                        "{\"task\":{\"id\":\"t1\",\"contextId\":\"c1\",\"status\":{\"state\":\"TASK_STATE_WORKING\"},"
                                + "\"artifacts\":[{\"artifactId\":\"answer\",\"parts\":[{\"text\":\"one two \"}]}]}}");
                events.send(chunk("answer", "three", true));
                events.send(status("COMPLETED", null));
            }
        };
        assertThat(send("x")).isZero();
        assertThat(out.toString().lines()).containsExactly("one two three");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void a_timeout_ends_the_wait_and_not_the_task() {
        script = (request, events) -> {
            events.send(task("WORKING"));
            testOver.await();
        };
        assertThat(send("--timeout", "500ms", "x")).isEqualTo(2);
        assertThat(err.toString()).contains("task t1 goes on");
        assertThat(requests).hasSize(1);
    }

    @Test
    void a_timeout_cancels_the_task_where_that_was_asked_for() throws Exception {
        script = (request, events) -> {
            if (request.get("method").stringValue().equals("SendStreamingMessage")) {
                events.send(task("WORKING"));
                testOver.await();
            }
        };
        assertThat(send("--timeout", "500ms", "--cancel-on-exit", "x")).isEqualTo(2);
        requests.take();
        JsonNode cancel = requests.poll(20, TimeUnit.SECONDS);
        assertThat(cancel.get("method").stringValue()).isEqualTo("CancelTask");
        assertThat(cancel.at("/params/id").stringValue()).isEqualTo("t1");
    }

    @Test
    void nobody_at_the_url_is_one_clear_sentence() throws IOException {
        int port;
        try (var gone = new ServerSocket(0)) {
            port = gone.getLocalPort();
        }
        assertThat(run("http://127.0.0.1:" + port, "hi")).isEqualTo(2);
        assertThat(err.toString().lines())
                .containsExactly(
                        "nothing answers at http://127.0.0.1:" + port + ". Is the server running, and the URL right?");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "localhost:8080 hi | must be http or https",
                "http://localhost:1 --header nocolon hi | must look like 'Name: value'",
                "http://localhost:1 --timeout soon hi | write it like 500ms",
                "http://localhost:1 | Missing required parameter: 'TEXT'",
            })
    void wrong_usage_says_what_is_right(String arguments, String says) {
        assertThat(run(arguments.split(" "))).isEqualTo(2);
        assertThat(err.toString()).contains(says);
    }

    @Test
    void an_agent_cannot_steer_the_terminal() {
        var screen = new Screen(new PrintWriter(out), new PrintWriter(err), true);
        screen.show(dev.millrace.protocol.Message.agent("m", "a\u001b[2Jb\tc\nd\u0007"));
        assertThat(out.toString()).isEqualTo("a\uFFFD[2Jb\tc\nd\uFFFD");
    }

    private int send(String... arguments) {
        String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
        return run(java.util.stream.Stream.concat(java.util.stream.Stream.of(url), java.util.Arrays.stream(arguments))
                .toArray(String[]::new));
    }

    private int run(String... arguments) {
        return new CommandLine(new SendCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (exchange.getRequestMethod().equals("GET")) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            exchange.getRequestHeaders().forEach((name, values) -> headers.put(name, values.getFirst()));
            JsonNode request =
                    JsonMapper.shared().readTree(exchange.getRequestBody().readAllBytes());
            requests.add(request);
            exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            OutputStream body = exchange.getResponseBody();
            script.run(request, event -> {
                body.write(("data: {\"jsonrpc\":\"2.0\",\"id\":" + request.get("id") + ",\"result\":" + event + "}\n\n")
                        .getBytes(UTF_8));
                body.flush();
            });
        } catch (IOException left) {
            throw left;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private void awaitOut(String text) {
        org.awaitility.Awaitility.await()
                .pollInterval(1, TimeUnit.MILLISECONDS)
                .atMost(20, TimeUnit.SECONDS)
                .until(() -> out.toString().equals(text));
    }

    private static String task(String state) {
        return "{\"task\":{\"id\":\"t1\",\"contextId\":\"c1\",\"status\":{\"state\":\"TASK_STATE_" + state + "\"}}}";
    }

    private static String status(String state, String text) {
        String message = text == null
                ? ""
                : ",\"message\":{\"messageId\":\"m\",\"role\":\"ROLE_AGENT\",\"parts\":[{\"text\":\"" + text + "\"}]}";
        return "{\"statusUpdate\":{\"taskId\":\"t1\",\"contextId\":\"c1\",\"status\":{\"state\":\"TASK_STATE_" + state
                + "\"" + message + "}}}";
    }

    @Test
    void what_an_agent_does_beside_its_answer_is_not_taken_for_it() throws Exception {
        script = (request, events) -> {
            events.send(task("WORKING"));
            events.send(aside("answer.s1.reasoning", "reasoning", "hm, "));
            events.send(chunk("answer.s1.reasoning", "well", true));
            events.send(aside("answer.s1.call0", "call", "{town}"));
            events.send(aside("answer.s1.result0", "result", "rain"));
            events.send(aside("answer.s2", "answer", "Take an "));
            events.send(chunk("answer.s2", "umbrella.", true));
            events.send(status("COMPLETED", null));
        };
        assertThat(send("weather?")).isZero();
        assertThat(out.toString()).isEqualTo("Take an umbrella." + System.lineSeparator());
        assertThat(err.toString()).contains("[thinks]", "[calls weather]").doesNotContain("well", "town", "rain");
    }

    private static String aside(String artifact, String kind, String text) {
        return "{\"artifactUpdate\":{\"taskId\":\"t1\",\"contextId\":\"c1\",\"append\":false,\"artifact\":{"
                + "\"artifactId\":\"" + artifact + "\",\"name\":\"weather\",\"parts\":[{\"text\":\"" + text
                + "\"}],\"metadata\":{\"millrace\":{\"kind\":\"" + kind + "\"}}}}}";
    }

    private static String chunk(String artifact, String text, boolean append) {
        return "{\"artifactUpdate\":{\"taskId\":\"t1\",\"contextId\":\"c1\",\"append\":" + append
                + ",\"artifact\":{\"artifactId\":\"" + artifact + "\",\"parts\":[{\"text\":\"" + text + "\"}]}}}";
    }
}
