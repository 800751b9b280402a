package dev.millrace.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RouterTest {
    private TestServer server;

    /** Answers with the route's name and the parameters it found. */
    private static Endpoint says(String route, String... parameters) {
        return exchange -> {
            String values = Arrays.stream(parameters)
                    .map(name -> name + "=" + exchange.pathParameter(name))
                    .collect(Collectors.joining(" "));
            exchange.respond(200, "text/plain", (route + " " + values).strip().getBytes(StandardCharsets.UTF_8));
        };
    }

    @BeforeEach
    void start() throws IOException {
        server = TestServer.start(new Router()
                .get("/", says("root"))
                .get("/chats/{id}", says("chat", "id"))
                .post("/chats/{id}:interrupt", says("interrupt", "id"))
                .get("/chats/recent", says("recent"))
                .get("/chats/{id}/messages", says("messages", "id"))
                .post("/chats/{id}/messages", says("send", "id"))
                .get("/files/{source}/{path...}", says("file", "source", "path"))
                .get("/agents/{name}", says("agent", "name"))
                .get(
                        "/query",
                        exchange -> exchange.respond(
                                200,
                                "text/plain",
                                exchange.queryParameters("q").toString().getBytes(StandardCharsets.UTF_8)))
                .put("/silent", exchange -> {}));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> send(String method, String path) throws Exception {
        try (var client = TestServer.client(HttpClient.Version.HTTP_1_1)) {
            var request = HttpRequest.newBuilder(server.http(path))
                    .method(method, HttpRequest.BodyPublishers.noBody())
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }

    /** What a server says to a path as it stands, which no client library would send. */
    private RawHttp1.Head raw(String path) throws IOException {
        try (var http = new RawHttp1(server.socket())) {
            return http.get(path).head();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/,root",
        "GET,/chats/7,chat id=7",
        "GET,/chats/recent,recent",
        "POST,/chats/7:interrupt,interrupt id=7",
        "POST,/chats/a:b:interrupt,interrupt id=a:b",
        "GET,/chats/7%3Ainterrupt,chat id=7:interrupt",
        "GET,/chats/7/messages,messages id=7",
        "POST,/chats/7/messages,send id=7",
        "GET,/chats/recent/messages,messages id=recent",
        "GET,/agents/a:b,agent name=a:b",
        "GET,/files/docs/a/b%20c/d.txt,file source=docs path=a/b c/d.txt",
        "GET,/files/docs/%C3%BC:%2525,file source=docs path=ü:%25",
        "GET,/files/docs/a%3Bb%3Fc%23d,file source=docs path=a;b?c#d",
        "GET,/query?q=a%20b&q=c%2Bd&x=1,'[a b, c+d]'",
        "GET,/query,[]"
    })
    void the_most_literal_route_answers(String method, String path, String answer) throws Exception {
        assertThat(send(method, path).body()).isEqualTo(answer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nothing", "/chats", "/chats/", "/chats/7/messages/", "/files/docs", "/chats/7:explode"})
    void a_path_without_a_route_is_404_with_a_problem_document(String path) throws Exception {
        var response = send("GET", path);
        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/problem+json");
        assertThat(response.body()).contains("\"type\":\"urn:millrace:problem:not-found\"", "\"status\":404");
    }

    @Test
    void another_method_is_405_and_says_which_are_allowed() throws Exception {
        var response = send("DELETE", "/chats/7/messages");
        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.headers().firstValue("allow")).hasValue("GET, POST, HEAD, OPTIONS");
        assertThat(response.body()).contains("urn:millrace:problem:method-not-allowed");
    }

    @Test
    void options_lists_the_methods() throws Exception {
        var response = send("OPTIONS", "/chats/7:interrupt");
        assertThat(response.statusCode()).isEqualTo(204);
        assertThat(response.headers().firstValue("allow")).hasValue("POST, OPTIONS");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/chats/recent", "/nothing"})
    void head_is_get_without_the_body(String path) throws Exception {
        var get = send("GET", path);
        var head = send("HEAD", path);
        assertThat(head.statusCode()).isEqualTo(get.statusCode());
        assertThat(head.body()).isEmpty();
        assertThat(head.headers().map())
                .containsEntry("content-length", get.headers().allValues("content-length"))
                .containsEntry("content-type", get.headers().allValues("content-type"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/files/docs/../secret",
                "/files/docs/%2e%2e/secret",
                "/files/docs/.%2E/secret",
                "/files/docs/a%2f..%2fsecret",
                "/files/docs/a%2Fb",
                "/files/docs/./a",
                "/files/docs/..;/secret",
                "/files/docs/a%00b",
                "/files/docs/%zz",
                "/files/docs/%",
                "/files/docs/%ff",
                "/files/docs/%c0%af",
                "/files/docs/%u002e",
                "/files//docs/a",
            })
    void a_path_that_two_programs_could_read_in_two_ways_is_refused(String path) throws Exception {
        var head = raw(path);
        assertThat(head.status()).isEqualTo(400);
        assertThat(head.headers()).containsEntry("content-type", "application/problem+json");
    }

    @Test
    void what_was_decoded_once_is_not_decoded_again() throws Exception {
        assertThat(send("GET", "/files/docs/%252e%252e/secret").body())
                .isEqualTo("file source=docs path=%2e%2e/secret");
    }

    @Test
    void a_query_that_cannot_be_decoded_is_the_clients_mistake() throws Exception {
        assertThat(raw("/query?q=%zz").status()).isEqualTo(400);
    }

    @Test
    void an_endpoint_that_does_not_answer_is_a_failure() throws Exception {
        assertThat(send("PUT", "/silent").statusCode()).isEqualTo(500);
    }

    @Test
    void a_route_cannot_be_registered_twice_or_with_other_names() {
        var router = new Router().get("/a/{id}", says("a")).webSocket("/a/{id}", exchange -> session -> {});
        assertThatIllegalArgumentException().isThrownBy(() -> router.get("/a/{id}", says("b")));
        assertThatIllegalArgumentException().isThrownBy(() -> router.put("/a/{name}", says("c")));
        assertThatIllegalArgumentException().isThrownBy(() -> router.webSocket("/a/{id}", exchange -> session -> {}));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "/a/{}", "/a/b{c}", "/{tail...}/b", "/{id", "/{id}x", "/{id}:"})
    void a_path_that_means_nothing_is_refused_at_registration(String path) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Router().get(path, says("never")));
    }
}
