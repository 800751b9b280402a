package dev.millrace.agents.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.agents.Tool;
import dev.millrace.testkit.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@Timeout(120)
class McpServerTest {
    private McpServer server;

    @BeforeAll
    static void install() throws Exception {
        Everything.install();
    }

    @AfterEach
    void close() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void a_program_offers_its_tools_and_ends_with_us() throws Exception {
        start(Everything.program());
        Tool echo = tool("echo");
        assertThat(echo.name()).isEqualTo("everything__echo");
        assertThat(echo.description()).isNotBlank();
        assertThat(server.tools()).extracting(Tool::name).doesNotContain("everything__get-env");
        assertThat(echo.parameters().at("/properties/message/type").stringValue())
                .isEqualTo("string");
        assertThat(call(echo, object().put("message", "hi"))).isEqualTo("Echo: hi");
        long children = ProcessHandle.current()
                .children()
                .filter(ProcessHandle::isAlive)
                .count();
        server.close();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> ProcessHandle.current()
                                .children()
                                .filter(ProcessHandle::isAlive)
                                .count()
                        < children);
        assertThat(server.tools()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"sse", "streamableHttp"})
    void a_server_that_goes_takes_its_tools_along_and_brings_them_again(String kind) throws Exception {
        int port = FreePort.find();
        start(
                kind.equals("sse")
                        ? remote("http://127.0.0.1:" + port + "/sse", McpConfig.Transport.SSE, null)
                        : remote("http://127.0.0.1:" + port + "/mcp", McpConfig.Transport.HTTP, null));
        assertThat(server.tools()).isEmpty();
        try (var first = Everything.listen(kind, port)) {
            assertThat(call(tool("echo"), object().put("message", "one"))).isEqualTo("Echo: one");
        }
        await().atMost(Duration.ofSeconds(40)).until(() -> !server.connected());
        try (var second = Everything.listen(kind, port)) {
            assertThat(call(tool("echo"), object().put("message", "two"))).isEqualTo("Echo: two");
        }
    }

    @Test
    void a_server_that_never_answers_costs_nobody_anything() throws Exception {
        try (var silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            start(remote("http://127.0.0.1:" + silent.getLocalPort() + "/mcp", McpConfig.Transport.HTTP, null));
            silent.accept(); // it is asked, and says nothing
            assertThat(server.tools()).isEmpty();
        }
    }

    @Test
    void what_a_tool_refuses_is_told_and_the_connection_stays() throws Exception {
        start(Everything.program());
        Tool echo = tool("echo");
        for (int i = 0; i < McpServer.FAILURES + 1; i++) {
            assertThatThrownBy(() -> call(echo, object().put("message", 7))).hasMessageContaining("message");
        }
        assertThat(call(echo, object().put("message", "still"))).isEqualTo("Echo: still");
    }

    @Test
    void a_configuration_shows_no_key() {
        var oauth = new McpConfig.OAuth(URI.create("http://a/"), "me", "secret", null);
        assertThat(new McpConfig.Remote(
                                URI.create("http://x/"),
                                McpConfig.Transport.HTTP,
                                Map.of("Authorization", "secret"),
                                oauth)
                        .toString())
                .doesNotContain("secret");
        assertThat(oauth.toString()).doesNotContain("secret");
        assertThatThrownBy(() -> McpConfig.of("a b", Everything.program())).hasMessageContaining("a b");
    }

    @Test
    void a_server_that_wants_tokens_gets_them_and_new_ones_when_it_takes_the_old_no_more() throws Exception {
        try (var guarded = new GuardedMcp()) {
            start(remote(guarded.url(), McpConfig.Transport.HTTP, guarded.client("s3cret")));
            Tool echo = tool("echo");
            assertThat(call(echo, object().put("message", "hi"))).isEqualTo("hi");
            assertThat(guarded.tokensGiven()).as("one serves all requests").isEqualTo(1);
            assertThat(guarded.key()).as("the header that is configured").isEqualTo("k");
            guarded.takeBack();
            assertThat(call(echo, object().put("message", "again"))).isEqualTo("again");
            assertThat(guarded.tokensGiven()).isEqualTo(2);
            assertThat(guarded.asked()).contains("grant_type=client_credentials", "resource=http", "scope=tools+all");
        }
    }

    @Test
    void three_calls_in_a_row_that_fail_end_the_connection_and_the_next_one_is_tried() throws Exception {
        try (var guarded = new GuardedMcp()) {
            start(remote(guarded.url(), McpConfig.Transport.HTTP, guarded.client("s3cret")), "*", Duration.ofHours(1));
            Tool echo = tool("echo");
            guarded.breakCalls(true);
            List<Tool> before = server.tools();
            for (int i = 0; i < McpServer.FAILURES; i++) {
                assertThatThrownBy(() -> call(echo, object().put("message", "hi")))
                        .isInstanceOf(IOException.class);
            }
            guarded.breakCalls(false);
            await().atMost(Duration.ofSeconds(40)).until(() -> server.connected() && server.tools() != before);
            assertThat(call(tool("echo"), object().put("message", "hi"))).isEqualTo("hi");
        }
    }

    @Test
    void a_server_is_there_also_if_none_of_its_tools_is_allowed() throws Exception {
        try (var guarded = new GuardedMcp()) {
            start(
                    remote(guarded.url(), McpConfig.Transport.HTTP, guarded.client("s3cret")),
                    "echoes",
                    Duration.ofHours(1));
            await().atMost(Duration.ofSeconds(40)).until(server::connected);
            assertThat(server.tools()).isEmpty();
        }
    }

    @Test
    void who_gives_the_wrong_secret_has_no_tools() throws Exception {
        try (var guarded = new GuardedMcp()) {
            start(remote(guarded.url(), McpConfig.Transport.HTTP, guarded.client("wrong")));
            await().atMost(Duration.ofSeconds(40)).until(() -> guarded.refusals() > 1);
            assertThat(server.tools()).isEmpty();
        }
    }

    private static McpConfig.Remote remote(String url, McpConfig.Transport transport, McpConfig.@Nullable OAuth oauth) {
        return new McpConfig.Remote(URI.create(url), transport, Map.of("X-Key", "k"), oauth);
    }

    private void start(McpConfig.Place at) {
        start(at, "*", Duration.ofMillis(200));
    }

    private void start(McpConfig.Place at, String allowed, Duration pingEvery) {
        server = new McpServer(
                        new McpConfig(
                                "everything",
                                at,
                                List.of(allowed),
                                List.of("get-env"),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(20),
                                pingEvery),
                        Duration.ofMillis(50))
                .start();
    }

    private Tool tool(String name) {
        await().atMost(Duration.ofSeconds(60)).until(server::connected);
        return server.tools().stream()
                .filter(tool -> tool.name().equals("everything__" + name))
                .findFirst()
                .orElseThrow();
    }

    private static String call(Tool tool, ObjectNode arguments) throws Exception {
        return tool.call(new Tool.Call(arguments, "key", "me", "c", "t")).stringValue();
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }
}
