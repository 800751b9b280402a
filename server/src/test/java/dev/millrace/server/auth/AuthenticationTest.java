package dev.millrace.server.auth;

import static dev.millrace.server.auth.GuardedServer.hello;
import static dev.millrace.server.auth.GuardedServer.json;
import static dev.millrace.server.auth.GuardedServer.message;
import static dev.millrace.server.auth.GuardedServer.rpc;
import static dev.millrace.server.auth.GuardedServer.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.card.SecurityRequirement;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.server.config.StoreSettings;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.StatusProto;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Whose a request is, over everything that the server speaks; what is one owner's does not exist for another. */
class AuthenticationTest {
    private static final String ALICE = ApiKeys.newKey(new SecureRandom());
    private static final String BOB = ApiKeys.newKey(new SecureRandom());

    @TempDir
    private static Path folder;

    private static GuardedServer server;

    @BeforeAll
    static void start() throws Exception {
        server = new GuardedServer(settings ->
                settings.auth(GuardedServer.keys("alice", ALICE, "bob", BOB)).store(new StoreSettings.Sqlite(folder)));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    // ---- Nobody

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/chats",
                "/api/v1/chats/x/stream",
                "/api/v1/chats:watch",
                "/api/v1/agents",
                "/api/v1/openapi.json",
                "/api/v1/files/x",
                "/files/uploads/x/y",
                "/files/nowhere/y",
                "/a2a/tasks",
                "/a2a/worker/tasks/x",
                "/a2a/extendedAgentCard",
                "/push/dead-letters",
                "/metrics"
            })
    void who_says_nothing_is_asked(String path) throws Exception {
        HttpResponse<String> answer = server.get(path);
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.headers().firstValue("WWW-Authenticate")).contains("Bearer realm=\"millrace\"");
        assertThat(answer.body()).contains("X-API-Key");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/healthz",
                "/readyz",
                "/.well-known/agent-card.json",
                "/a2a/worker/.well-known/agent-card.json",
                "/.well-known/jwks.json"
            })
    void what_is_for_everybody_asks_nobody(String path) throws Exception {
        assertThat(server.get(path).statusCode()).isEqualTo(200);
        assertThat(server.get(path, "X-API-Key", "wrong").statusCode()).isEqualTo(200);
    }

    @Test
    void each_protocol_refuses_in_its_own_words() throws Exception {
        HttpResponse<String> chat = server.post("/api/v1/chats", "{\"message\":{\"parts\":[{\"text\":\"x\"}]}}");
        assertThat(chat.statusCode()).isEqualTo(401);
        assertThat(json(chat).get("type").asString()).isEqualTo("urn:millrace:problem:unauthenticated");

        HttpResponse<String> rpc = server.post("/a2a", rpc("SendMessage", message("x")));
        assertThat(rpc.statusCode()).isEqualTo(401);
        assertThat(rpc.headers().firstValue("WWW-Authenticate")).isPresent();

        HttpResponse<String> rest = server.post("/a2a/message:send", message("x"));
        assertThat(rest.statusCode()).isEqualTo(401);
        assertThat(rest.headers().firstValue("WWW-Authenticate")).isPresent();
        assertThat(json(rest).at("/error/status").asString()).isEqualTo("UNAUTHENTICATED");
        assertThat(json(rest).at("/error/details/0/reason").asString()).isEqualTo("UNAUTHENTICATED");

        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(() -> server.grpc().sendMessage(hello()))
                .satisfies(e -> {
                    assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAUTHENTICATED);
                    assertThat(e.getStatus().getDescription()).contains("X-API-Key");
                    Any detail = StatusProto.fromThrowable(e).getDetails(0);
                    assertThat(detail.unpack(ErrorInfo.class).getReason()).isEqualTo("UNAUTHENTICATED");
                });
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(() -> server.grpc().sendStreamingMessage(hello()).forEachRemaining(event -> {}))
                .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAUTHENTICATED));

        assertThat(server.raw(webSocket("/api/v1/chats:watch", ""))).startsWith("HTTP/1.1 401 ");
    }

    private static String webSocket(String path, String more) {
        return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + more + "\r\n";
    }

    @Test
    void a_key_that_is_not_known_is_refused_and_not_told_back() throws Exception {
        String wrong = ApiKeys.newKey(new SecureRandom());
        for (String[] header : new String[][] {
            {"X-API-Key", wrong}, {"Authorization", "Bearer " + wrong}, {"X-API-Key", ""}, {"X-API-Key", ALICE + "x"}
        }) {
            HttpResponse<String> answer = server.get("/api/v1/chats", header);
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.headers().firstValue("WWW-Authenticate").orElse(""))
                    .contains("invalid_token");
            assertThat(answer.body()).doesNotContain(wrong).doesNotContain(ALICE);
        }
        refusedByGrpc(() -> server.grpc("x-api-key", wrong).sendMessage(hello()), Code.UNAUTHENTICATED);
    }

    @Test
    void nobody_can_say_that_the_gate_knows_them() throws Exception {
        String claim = java.util.Base64.getEncoder().encodeToString("alice".getBytes(StandardCharsets.UTF_8));
        refusedByGrpc(() -> server.grpc("millrace-guest", claim).sendMessage(hello()), Code.UNAUTHENTICATED);

        String bobs = server.grpc("x-api-key", BOB, "millrace-guest", claim)
                .sendMessage(hello())
                .getTask()
                .getId();
        assertThat(server.get("/a2a/tasks/" + bobs, "X-API-Key", BOB).statusCode())
                .isEqualTo(200);
        assertThat(server.get("/a2a/tasks/" + bobs, "X-API-Key", ALICE).statusCode())
                .isEqualTo(404);
    }

    // ---- Somebody

    @Test
    void a_key_opens_every_protocol_as_a_header_or_as_a_bearer_token() throws Exception {
        for (String[] header : new String[][] {{"X-API-Key", ALICE}, {"Authorization", "bearer " + ALICE}}) {
            assertThat(server.post("/api/v1/chats", "{\"message\":{\"parts\":[{\"text\":\"x\"}]}}", header)
                            .statusCode())
                    .isEqualTo(201);
            assertThat(server.post("/a2a", rpc("SendMessage", message("x")), header)
                            .body())
                    .contains("TASK_STATE_COMPLETED");
            assertThat(server.post("/a2a/message:send", message("x"), header).statusCode())
                    .isEqualTo(200);
            assertThat(server.grpc(header).sendMessage(hello()).hasTask()).isTrue();
        }
        assertThat(server.raw(webSocket("/api/v1/chats:watch", "X-API-Key: " + ALICE + "\r\n")))
                .startsWith("HTTP/1.1 101 ");
    }

    @Test
    void what_is_one_owners_does_not_exist_for_another() throws Exception {
        String[] bob = {"X-API-Key", BOB};
        HttpResponse<String> begun = server.post("/a2a/message:send", message("mine"), "X-API-Key", ALICE);
        String task = json(begun).at("/task/id").asString();
        String chat = json(begun).at("/task/contextId").asString();

        assertThat(server.get("/a2a/tasks/" + task, "X-API-Key", ALICE).statusCode())
                .isEqualTo(200);
        HttpResponse<String> rest = server.get("/a2a/tasks/" + task, bob);
        assertThat(rest.statusCode()).isEqualTo(404);
        assertThat(rest.body()).contains("TASK_NOT_FOUND");
        assertThat(server.post("/a2a/tasks/" + task + ":cancel", "{}", bob).statusCode())
                .isEqualTo(404);
        assertThat(server.get("/a2a/tasks/" + task + ":subscribe", bob).statusCode())
                .isEqualTo(404);
        assertThat(json(server.post("/a2a", rpc("GetTask", "{\"id\":\"" + task + "\"}"), bob))
                        .at("/error/code")
                        .intValue())
                .isEqualTo(-32001);
        refusedByGrpc(() -> server.grpc("x-api-key", BOB).getTask(task(task)), Code.NOT_FOUND);
        assertThat(server.grpc("x-api-key", ALICE).getTask(task(task)).getId()).isEqualTo(task);

        assertThat(server.get("/api/v1/chats/" + chat, "X-API-Key", ALICE).statusCode())
                .isEqualTo(200);
        for (String path : new String[] {"", "/messages", "/stream", "/usage"}) {
            assertThat(server.get("/api/v1/chats/" + chat + path, bob).statusCode())
                    .as(path)
                    .isEqualTo(404);
        }
        assertThat(server.get("/api/v1/chats", bob).body()).doesNotContain(chat);
        assertThat(server.get("/a2a/tasks", bob).body()).doesNotContain(task);
    }

    @Test
    void a_file_is_its_owners_until_a_link_is_given_out() throws Exception {
        HttpResponse<String> given = server.send(
                "/api/v1/files?name=a.txt",
                request -> request.header("Content-Type", "text/plain").POST(BodyPublishers.ofString("secret")),
                "X-API-Key",
                ALICE);
        assertThat(given.statusCode()).isEqualTo(201);
        String id = json(given).get("id").asString();
        String url = json(given).get("url").asString();

        assertThat(server.get(url, "X-API-Key", ALICE).body()).isEqualTo("secret");
        assertThat(server.get(url, "X-API-Key", BOB).statusCode()).isEqualTo(404);
        assertThat(server.get(url).statusCode()).isEqualTo(401);
        assertThat(server.get("/api/v1/files/" + id, "X-API-Key", BOB).statusCode())
                .isEqualTo(404);

        String file = url.replaceFirst("^/files/", "");
        assertThat(server.post("/api/v1/links", "{\"file\":\"" + file + "\"}", "X-API-Key", BOB)
                        .statusCode())
                .isEqualTo(404);
        HttpResponse<String> link = server.post("/api/v1/links", "{\"file\":\"" + file + "\"}", "X-API-Key", ALICE);
        String shared = json(link).get("url").asString().replaceFirst("^https?://[^/]+", "");
        assertThat(server.get(shared).body()).isEqualTo("secret");
    }

    @Test
    void the_card_says_how_to_prove_who_one_is() throws Exception {
        AgentCard card = A2aJson.AGENT_CARD.read(
                server.get("/.well-known/agent-card.json").body().getBytes(StandardCharsets.UTF_8));
        assertThat(card.securitySchemes()).containsOnlyKeys("apiKey");
        assertThat(card.securityRequirements()).containsExactly(SecurityRequirement.of("apiKey"));
    }

    @Test
    void grpc_health_is_for_everybody() {
        assertThat(HealthGrpc.newBlockingStub(server.channel())
                        .check(HealthCheckRequest.getDefaultInstance())
                        .getStatus())
                .isEqualTo(ServingStatus.SERVING);
    }

    @Test
    void no_key_comes_into_the_log() throws Exception {
        var log = (Logger) LoggerFactory.getLogger("dev.millrace");
        var lines = new ListAppender<ILoggingEvent>();
        Level before = log.getLevel();
        lines.start();
        log.setLevel(Level.TRACE);
        log.addAppender(lines);
        String wrong = ApiKeys.newKey(new SecureRandom());
        try {
            server.get("/api/v1/chats", "X-API-Key", ALICE);
            server.get("/api/v1/chats", "X-API-Key", wrong);
            server.post("/a2a", "{", "Authorization", "Bearer " + ALICE);
            server.post("/a2a/message:send", message("x"), "Authorization", "Bearer " + wrong);
        } finally {
            log.detachAppender(lines);
            log.setLevel(before);
        }
        assertThat(lines.list.toString()).doesNotContain(ALICE).doesNotContain(wrong);
    }

    private static void refusedByGrpc(ThrowingCallable call, Code code) {
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
    }
}
