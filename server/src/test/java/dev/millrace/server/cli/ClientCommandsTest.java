package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.millrace.engine.Agent;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.CanonicalJson;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.server.Millrace;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** get, list, cancel, subscribe and card, with a real server, over each binding. */
@Timeout(120)
class ClientCommandsTest {
    @TempDir
    Path folder;

    private record Ended(int code, String out, String err) {
        List<String> lines() {
            return out.lines().toList();
        }
    }

    private static Ended run(String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        var command = MillraceCommand.commandLine(Map.of());
        command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        int code = command.execute(arguments);
        return new Ended(code, out.toString(), err.toString());
    }

    private static Ended run(Millrace server, String binding, String command, String... more) {
        var arguments = new java.util.ArrayList<>(
                List.of(command, "--binding", binding, server.uri().toString()));
        arguments.addAll(Arrays.asList(more));
        return run(arguments.toArray(String[]::new));
    }

    private static Millrace serve(Agent agent) throws Exception {
        return Millrace.with("worker", agent).start();
    }

    private static String idOf(Ended sent) {
        return JsonText.parse(sent.lines().getFirst().getBytes(StandardCharsets.UTF_8))
                .at("/task/id")
                .stringValue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"jsonrpc", "rest", "http+json", "grpc"})
    void a_task_is_shown_and_listed(String binding) throws Exception {
        try (Millrace server = serve(turn -> turn.say("heard " + turn.message().text()))) {
            Ended sent = run(server, binding, "send", "--json", "hello");
            assertThat(sent.code()).as(sent.err()).isZero();
            String id = idOf(sent);

            Ended got = run(server, binding, "get", id);
            assertThat(got.code()).as(got.err()).isZero();
            assertThat(got.lines()).containsExactly("heard hello");
            assertThat(got.err()).startsWith(id + "  completed  20");
            Ended json = run(server, binding, "get", "--json", "--history", "0", id);
            assertThat(A2aJson.TASK
                            .read(json.out().getBytes(StandardCharsets.UTF_8))
                            .history())
                    .isEmpty();

            run(server, binding, "send", "again");
            Ended listed = run(server, binding, "list");
            assertThat(listed.lines()).hasSize(2);
            assertThat(listed.lines().getLast()).startsWith(id + "  completed");
            assertThat(run(server, binding, "list", "--state", "input-required").out())
                    .isEmpty();
            Ended one = run(server, binding, "list", "--limit", "1");
            assertThat(one.lines()).hasSize(1);
            assertThat(one.err()).startsWith("1 of 2 tasks");
            assertThat(run(server, binding, "list", "--limit", "0", "--json").lines())
                    .hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"jsonrpc", "rest", "grpc"})
    void a_task_is_followed_and_cancelled(String binding) throws Exception {
        var begun = new Semaphore(0);
        try (Millrace server = serve(turn -> {
            turn.say("so far");
            turn.flush();
            begun.release();
            Thread.sleep(Duration.ofHours(1));
        })) {
            var sent = Thread.ofVirtual().unstarted(() -> run(server, binding, "send", "work"));
            sent.start();
            begun.acquire();
            String id = run(server, binding, "list").lines().getFirst().split(" ", 2)[0];
            var followed = new java.util.concurrent.FutureTask<>(() -> run(server, binding, "subscribe", id));
            Thread.startVirtualThread(followed);
            Ended cancelled = run(server, binding, "cancel", id);
            assertThat(cancelled.code()).as(cancelled.err()).isZero();
            assertThat(cancelled.out()).startsWith(id + "  canceled");
            sent.join();
            Ended end = followed.get();
            // It may have come too late to follow anything: then the whole task is what it shows.
            assertThat(end.code()).as(end.err()).isEqualTo(1);
            assertThat(end.lines()).containsExactly("so far");
            assertThat(end.err()).contains("the task was canceled");

            assertThat(run(server, binding, "cancel", id).code())
                    .as("what is canceled stays so")
                    .isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"jsonrpc", "rest", "grpc"})
    void what_the_server_refuses_is_said_with_its_code(String binding) throws Exception {
        try (Millrace server = serve(turn -> turn.say("x"))) {
            String id = idOf(run(server, binding, "send", "--json", "hello"));
            Ended ended = run(server, binding, "cancel", id);
            assertThat(ended.code()).isEqualTo(2);
            assertThat(ended.err()).contains("the server refused", "-32002");
            assertThat(run(server, binding, "get", "nope").err()).contains("the server refused", "-32001");
        }
    }

    @Test
    void a_card_is_shown() throws Exception {
        try (Millrace server = serve(turn -> turn.say("x"))) {
            Ended card = run("card", server.uri().toString());
            assertThat(card.code()).isZero();
            assertThat(card.out()).startsWith("worker ").contains("JSONRPC 1.0", "HTTP+JSON 1.0", "GRPC 1.0");
            Ended json = run("card", "--json", server.uri().toString());
            assertThat(A2aJson.AGENT_CARD
                            .read(json.out().getBytes(StandardCharsets.UTF_8))
                            .name())
                    .isEqualTo("worker");
        }
    }

    @Test
    void the_signatures_of_a_card_decide_the_exit_code() throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        byte[] encoded = pair.getPublic().getEncoded();
        String keys = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"k\",\"x\":\""
                + base64(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length)) + "\"}]}";
        HttpServer http = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        String base = "http://127.0.0.1:" + http.getAddress().getPort();
        ObjectNode card;
        try (Millrace server = serve(turn -> turn.say("x"))) {
            card = (ObjectNode) JsonText.parse(
                    run("card", "--json", server.uri().toString()).out().getBytes(StandardCharsets.UTF_8));
        }
        String header = base64(
                ("{\"alg\":\"EdDSA\",\"kid\":\"k\",\"jku\":\"" + base + "/keys\"}").getBytes(StandardCharsets.UTF_8));
        var signer = Signature.getInstance("Ed25519");
        signer.initSign(pair.getPrivate());
        signer.update((header + "." + base64(CanonicalJson.of(card))).getBytes(StandardCharsets.UTF_8));
        card.putArray("signatures").addObject().put("protected", header).put("signature", base64(signer.sign()));
        serve(http, "/keys", JsonText.parse(keys.getBytes(StandardCharsets.UTF_8)));
        serve(http, "/good.json", card);
        serve(http, "/bad.json", card.deepCopy().put("description", "forged"));
        http.start();
        try {
            Ended good = run("card", base + "/good.json");
            assertThat(good.code()).as(good.err()).isZero();
            assertThat(good.err()).contains("signature EdDSA k is valid");
            Ended bad = run("card", base + "/bad.json");
            assertThat(bad.code()).isEqualTo(1);
            assertThat(bad.err()).contains("NOT valid");
            Path mine = Files.writeString(folder.resolve("keys.json"), "{\"keys\":[]}");
            Ended unknown = run("card", "--keys", mine.toString(), base + "/good.json");
            assertThat(unknown.code()).isEqualTo(1);
            assertThat(unknown.err()).contains("not among the keys");
        } finally {
            http.stop(0);
        }
    }

    private static void serve(HttpServer http, String path, JsonNode json) {
        byte[] body = json.toString().getBytes(StandardCharsets.UTF_8);
        http.createContext(path, exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            get http://localhost:1                                     | TASK
            get http://localhost:1 t --binding pigeon                  | jsonrpc, rest
            list http://localhost:1 --state asleep                     | input-required
            card nonsense                                              | http
            cancel http://localhost:1 t --header X                     | Name: value
            subscribe http://localhost:1 t --cert c.pem                | --key
            get https://localhost:1 t --trust nowhere.pem              | nowhere.pem
            list http://127.0.0.1:1                                    | nothing answers
            """)
    void what_cannot_be_done_is_said_in_a_sentence(String command, String named) {
        Ended ended = run(command.split(" "));
        assertThat(ended.code()).as(ended.err()).isEqualTo(2);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err()).contains(named).doesNotContain("\tat ", "Exception");
    }

    @ParameterizedTest
    @ValueSource(strings = {"send", "get", "list", "cancel", "subscribe", "card"})
    void each_command_has_help_with_its_exit_codes(String command) {
        Ended help = run(command, "--help");
        assertThat(help.code()).isZero();
        assertThat(help.out()).contains("--binding", "--header", "URL", "Exit codes:");
    }
}
