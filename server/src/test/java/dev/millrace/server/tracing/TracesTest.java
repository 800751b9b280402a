package dev.millrace.server.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.lf.a2a.v1.A2AServiceGrpc;
import com.google.lf.a2a.v1.ListTasksRequest;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.agents.AgentConfig;
import dev.millrace.agents.ModelAgent;
import dev.millrace.agents.ModelConfig;
import dev.millrace.agents.Tool;
import dev.millrace.agents.remote.RemoteAgent;
import dev.millrace.agents.remote.RemoteConfig;
import dev.millrace.client.A2aClient;
import dev.millrace.client.Binding;
import dev.millrace.engine.Agent;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.error.ErrorTable;
import dev.millrace.protocol.operation.SendMessageConfiguration;
import dev.millrace.protocol.operation.SendMessageRequest;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import dev.millrace.server.Millrace;
import dev.millrace.server.config.A2aConfig;
import dev.millrace.server.config.TracingConfig;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** What a collector gets. A server that has closed has sent all. */
@Timeout(120)
class TracesTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String OTHER_TRACE = "1bf7651916cd43dd8448eb211c80319d";
    private static final String CALLER = "b7ad6b7169203331";
    private static final String SECRET = "attack at dawn";
    private static final Agent ECHO =
            turn -> turn.say("You said: " + turn.message().text());

    private static Millrace server(Collector collector, String name, Agent agent) throws Exception {
        return Millrace.with(name, agent)
                .settings(more -> more.tracing(TracingConfig.to(collector.uri()))
                        .a2a(new A2aConfig(ErrorTable.V1_0_1, false, Set.of("127.0.0.1"))))
                .start();
    }

    private static String traceparent(String trace) {
        return "00-" + trace + "-" + CALLER + "-01";
    }

    private static A2aClient client(Millrace server, Binding binding) {
        return A2aClient.at(server.uri())
                .bindings(binding)
                .header("traceparent", traceparent(TRACE))
                .header("tracestate", "vendor=a")
                .connect();
    }

    private static Span only(List<Span> spans) {
        assertThat(spans).hasSize(1);
        return spans.getFirst();
    }

    @ParameterizedTest
    @EnumSource(Binding.class)
    void a_send_and_its_turn_belong_to_the_clients_trace_and_hold_no_word_of_it(Binding binding) throws Exception {
        try (var collector = new Collector()) {
            try (var server = server(collector, "echo", ECHO);
                    var client = client(server, binding)) {
                client.send(Message.user("m1", SECRET));
            }
            Span turn = only(collector.named("turn echo"));
            Span request = collector.parentOf(turn);
            assertThat(request.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
            assertThat(request.getName())
                    .isEqualTo(
                            switch (binding) {
                                case JSONRPC -> "POST /a2a";
                                case HTTP_JSON -> "POST /a2a/message:send";
                                case GRPC -> "lf.a2a.v1.A2AService/SendMessage";
                            });
            assertThat(Collector.parentId(request)).isEqualTo(CALLER);
            assertThat(collector.spans).extracting(Collector::traceId).containsOnly(TRACE);
            assertThat(request.getTraceState()).isEqualTo("vendor=a");
            assertThat(turn.getEndTimeUnixNano()).isGreaterThanOrEqualTo(turn.getStartTimeUnixNano());
            assertThat(collector.spans.toString()).doesNotContain(SECRET).doesNotContain("dawn");
            assertThat(collector.resources.toString()).contains("service.name", "millrace");
        }
    }

    @Test
    void a_call_over_grpc_is_given_back_its_request_id() throws Exception {
        var sent = new Metadata();
        sent.put(Metadata.Key.of("x-request-id", Metadata.ASCII_STRING_MARSHALLER), "mine-7");
        sent.put(Metadata.Key.of("a2a-version", Metadata.ASCII_STRING_MARSHALLER), "1.0");
        var headers = new AtomicReference<Metadata>();
        try (var server = Millrace.with("echo", ECHO).start()) {
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                    .usePlaintext()
                    .intercept(
                            MetadataUtils.newAttachHeadersInterceptor(sent),
                            MetadataUtils.newCaptureMetadataInterceptor(headers, new AtomicReference<>()))
                    .build();
            try {
                var _ = A2AServiceGrpc.newBlockingStub(channel).listTasks(ListTasksRequest.getDefaultInstance());
            } finally {
                channel.shutdownNow();
            }
        }
        assertThat(headers.get().get(Metadata.Key.of("x-request-id", Metadata.ASCII_STRING_MARSHALLER)))
                .isEqualTo("mine-7");
    }

    @Test
    void the_agent_of_another_server_works_for_the_same_trace() throws Exception {
        try (var collector = new Collector()) {
            try (var there = server(collector, "worker", ECHO);
                    var here = server(collector, "far", new RemoteAgent(RemoteConfig.of("worker", there.uri())));
                    var client = client(here, Binding.JSONRPC)) {
                client.send(Message.user("m1", SECRET));
            }
            Span asked = collector.parentOf(only(collector.named("turn worker")));
            assertThat(collector.parentOf(asked)).isEqualTo(only(collector.named("turn far")));
            assertThat(collector.spans).extracting(Collector::traceId).containsOnly(TRACE);
        }
    }

    @Test
    void pushes_carry_the_trace_of_the_send() throws Exception {
        var carried = new CopyOnWriteArrayList<String>();
        HttpServer hook = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        hook.createContext("/hook", exchange -> {
            carried.add(String.valueOf(exchange.getRequestHeaders().getFirst("traceparent")));
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        hook.start();
        try (var collector = new Collector()) {
            try (var server = server(collector, "echo", ECHO);
                    var client = client(server, Binding.JSONRPC)) {
                String url = "http://127.0.0.1:" + hook.getAddress().getPort() + "/hook";
                client.send(new SendMessageRequest(
                        null,
                        Message.user("m1", SECRET),
                        new SendMessageConfiguration(List.of(), TaskPushNotificationConfig.to(url), null, false),
                        null));
                await().atMost(Duration.ofSeconds(30)).until(() -> carried.size() >= 2);
            }
            assertThat(carried).allMatch(header -> header.matches("00-" + TRACE + "-[0-9a-f]{16}-01"));
            assertThat(collector.named("push"))
                    .isNotEmpty()
                    .allMatch(push -> Collector.traceId(push).equals(TRACE))
                    .extracting(Collector::id)
                    .anyMatch(id -> carried.getFirst().contains(id));
        } finally {
            hook.stop(0);
        }
    }

    @Test
    void a_turn_that_had_to_wait_belongs_to_the_request_that_sent_its_message() throws Exception {
        var working = new CountDownLatch(1);
        var bothWork = new CountDownLatch(2);
        var go = new CountDownLatch(1);
        Agent slow = turn -> {
            working.countDown();
            bothWork.countDown();
            go.await();
        };
        try (var collector = new Collector();
                var http = HttpClient.newHttpClient()) {
            try (var server = server(collector, "slow", slow)) {
                String first = chat(http, server, "", TRACE);
                String chat = JsonMapper.shared().readTree(first).at("/chat/id").stringValue();
                working.await();
                chat(http, server, "/" + chat + "/messages", OTHER_TRACE);
                assertThat(bothWork.getCount()).isOne();
                go.countDown();
                bothWork.await();
            }
            assertThat(collector.named("turn slow"))
                    .extracting(Collector::traceId)
                    .containsExactlyInAnyOrder(TRACE, OTHER_TRACE);
            assertThat(collector.named("POST /api/v1/chats/{id}/messages"))
                    .extracting(Collector::traceId)
                    .containsExactly(OTHER_TRACE);
        }
    }

    private static String chat(HttpClient http, Millrace server, String path, String trace) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.uri() + "/api/v1/chats" + path))
                .header("Content-Type", "application/json")
                .header("traceparent", traceparent(trace))
                .POST(BodyPublishers.ofString("{\"message\":{\"parts\":[{\"text\":\"hello\"}]}}"))
                .build();
        HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isBetween(200, 299);
        return response.body();
    }

    @Test
    void a_failed_turn_is_shown_as_failed_without_what_it_said() throws Exception {
        try (var collector = new Collector()) {
            Agent broken = turn -> {
                throw new IllegalStateException(SECRET);
            };
            try (var server = server(collector, "broken", broken);
                    var client = client(server, Binding.JSONRPC)) {
                client.send(Message.user("m1", "hello"));
            }
            Span turn = only(collector.named("turn broken"));
            assertThat(turn.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
            assertThat(turn.toString()).contains("IllegalStateException").doesNotContain(SECRET);
        }
    }

    @Test
    void a_call_of_a_model_is_a_part_of_the_turn_and_tells_the_model_which() throws Exception {
        var carried = new CopyOnWriteArrayList<String>();
        HttpServer model = model(carried, "{\"content\":\"" + SECRET + "\"},\"finish_reason\":\"stop\"");
        try (var collector = new Collector()) {
            try (var server = server(collector, "model", new ModelAgent(tiny(model)));
                    var client = client(server, Binding.JSONRPC)) {
                client.send(Message.user("m1", SECRET));
            }
            Span call = only(collector.named("chat tiny-1"));
            assertThat(call.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_CLIENT);
            assertThat(collector.parentOf(call)).isEqualTo(only(collector.named("turn model")));
            assertThat(carried).containsExactly("00-" + TRACE + "-" + Collector.id(call) + "-01");
            assertThat(collector.spans.toString()).doesNotContain(SECRET);
        } finally {
            model.stop(0);
        }
    }

    /** A model that gives these answers, one after the other: what is in a chunk's {@code delta}, and behind it. */
    private static HttpServer model(List<String> carried, String... deltas) throws IOException {
        var next = new AtomicInteger();
        HttpServer model = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        model.createContext("/v1/chat/completions", exchange -> {
            carried.add(String.valueOf(exchange.getRequestHeaders().getFirst("traceparent")));
            exchange.getRequestBody().readAllBytes();
            byte[] answer = ("data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":" + deltas[next.getAndIncrement()]
                            + "}]}\n\ndata: [DONE]\n\n")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        model.start();
        return model;
    }

    private static ModelConfig tiny(HttpServer model) {
        return ModelConfig.of(
                URI.create("http://127.0.0.1:" + model.getAddress().getPort() + "/v1"), "key", "tiny-1");
    }

    @Test
    void a_tools_run_is_a_part_of_the_turn_and_what_it_does_is_a_part_of_the_run() throws Exception {
        var within = new AtomicReference<String>();
        HttpServer model = model(
                new CopyOnWriteArrayList<>(),
                "{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\",\"function\":"
                        + "{\"name\":\"look\",\"arguments\":\"{}\"}}]},\"finish_reason\":\"tool_calls\"",
                "{\"content\":\"done\"},\"finish_reason\":\"stop\"");
        try (var collector = new Collector()) {
            Tool look = new Look(
                    () -> dev.millrace.engine.Span.current().carry((name, value) -> within.compareAndSet(null, value)));
            var agent = new ModelAgent(AgentConfig.of(tiny(model)).withTools(look));
            try (var server = server(collector, "model", agent);
                    var client = client(server, Binding.JSONRPC)) {
                client.send(Message.user("m1", "hello"));
            }
            Span run = only(collector.named("execute_tool look"));
            assertThat(run.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_INTERNAL);
            assertThat(collector.parentOf(run)).isEqualTo(only(collector.named("turn model")));
            assertThat(run.toString()).contains("gen_ai.tool.name", "call_1").doesNotContain(SECRET);
            assertThat(within).hasValue("00-" + TRACE + "-" + Collector.id(run) + "-01");
        } finally {
            model.stop(0);
        }
    }

    /** A tool that says what must not be told on. */
    private record Look(Runnable does) implements Tool {
        @Override
        public String name() {
            return "look";
        }

        @Override
        public String description() {
            return "Looks.";
        }

        @Override
        public ObjectNode parameters() {
            return JsonMapper.shared().createObjectNode().put("type", "object");
        }

        @Override
        public JsonNode call(Call call) {
            does.run();
            return StringNode.valueOf(SECRET);
        }
    }

    @Test
    void a_client_that_says_that_its_trace_is_not_recorded_is_heard() throws Exception {
        try (var collector = new Collector()) {
            try (var server = server(collector, "echo", ECHO);
                    var client = A2aClient.at(server.uri())
                            .header("traceparent", "00-" + TRACE + "-" + CALLER + "-00")
                            .connect()) {
                client.send(Message.user("m1", "hello"));
            }
            assertThat(collector.spans).isEmpty();
        }
    }

    @Test
    void a_collector_that_is_away_stops_nobody() throws Exception {
        URI nowhere;
        try (var collector = new Collector()) {
            nowhere = collector.uri();
        }
        try (var server = Millrace.with("echo", ECHO)
                        .settings(more -> more.tracing(TracingConfig.to(nowhere)))
                        .start();
                var client = client(server, Binding.JSONRPC)) {
            assertThat(client.send(Message.user("m1", "hello"))).isNotNull();
        }
    }
}
