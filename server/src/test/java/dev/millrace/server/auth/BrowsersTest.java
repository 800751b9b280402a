package dev.millrace.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a page in a browser can do to a server that everybody on this machine may use. */
class BrowsersTest {
    private static GuardedServer open;
    private static GuardedServer shared;

    @BeforeAll
    static void start() throws Exception {
        open = new GuardedServer(AuthSettings.open());
        shared = new GuardedServer(settings -> settings.publicUrl(URI.create("https://agents.example.org"))
                .auth(AuthSettings.open()
                        .withHosts(Set.of("millrace"))
                        .withOrigins(Set.of("https://app.example.org"))));
    }

    @AfterAll
    static void stop() {
        open.close();
        shared.close();
    }

    private static String request(String method, String path, String host, String... headers) {
        return method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n"
                + String.join("\r\n", headers) + (headers.length > 0 ? "\r\n" : "")
                + (method.equals("POST") ? "Content-Length: 0\r\n" : "") + "\r\n";
    }

    private static String webSocket(String... headers) {
        return "GET /api/v1/chats:watch HTTP/1.1\r\nHost: localhost:8080\r\nConnection: Upgrade\r\n"
                + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + String.join("\r\n", headers) + (headers.length > 0 ? "\r\n" : "") + "\r\n";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.0.0.1:8080",
                "localhost",
                "LOCALHOST:1",
                "[::1]:8080",
                "10.1.2.3",
                "app.localhost"
            })
    void a_server_goes_by_its_addresses(String host) throws Exception {
        assertThat(open.raw(request("GET", "/api/v1/chats", host))).startsWith("HTTP/1.1 200 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:8080",
                "127.0.0.1.evil.example",
                "localhost.evil.example",
                "127.0.0.1.nip.io"
            })
    void a_name_that_was_made_to_mean_this_machine_is_refused(String host) throws Exception {
        assertThat(open.raw(request("GET", "/api/v1/chats", host))).startsWith("HTTP/1.1 421 ");
        assertThat(open.raw(request("POST", "/a2a", host))).startsWith("HTTP/1.1 421 ");
    }

    @Test
    void names_that_the_server_was_given_are_its_own() throws Exception {
        assertThat(shared.raw(request("GET", "/api/v1/chats", "millrace:8080"))).startsWith("HTTP/1.1 200 ");
        assertThat(shared.raw(request("GET", "/api/v1/chats", "agents.example.org")))
                .startsWith("HTTP/1.1 200 ");
        assertThat(shared.raw(request("GET", "/api/v1/chats", "other.example.org")))
                .startsWith("HTTP/1.1 421 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example",
                "null",
                "http://localhost:8081",
                "http://localhost:80800",
                "http://localhost",
                "file://",
                "%"
            })
    void a_foreign_page_changes_nothing_reads_nothing_and_opens_no_web_socket(String origin) throws Exception {
        String from = "Origin: " + origin;
        for (String path : new String[] {"/a2a", "/api/v1/chats", "/a2a/message:send", "/api/v1/chats/x:interrupt"}) {
            assertThat(open.raw(request("POST", path, "localhost:8080", from)))
                    .as(path)
                    .startsWith("HTTP/1.1 403 ");
        }
        assertThat(open.raw(request("DELETE", "/api/v1/chats/x", "localhost:8080", from)))
                .startsWith("HTTP/1.1 403 ");
        assertThat(open.raw(webSocket(from))).startsWith("HTTP/1.1 403 ");
        assertThat(open.raw(request("GET", "/api/v1/chats", "localhost:8080", from)))
                .startsWith("HTTP/1.1 200 ")
                .doesNotContainIgnoringCase("Access-Control-");
        assertThat(open.raw(request(
                        "OPTIONS", "/api/v1/chats", "localhost:8080", from, "Access-Control-Request-Method: POST")))
                .doesNotContainIgnoringCase("Access-Control-");
    }

    @Test
    void its_own_pages_and_no_pages_at_all_may_do_everything() throws Exception {
        assertThat(open.raw(webSocket("Origin: http://localhost:8080"))).startsWith("HTTP/1.1 101 ");
        assertThat(open.raw(webSocket())).startsWith("HTTP/1.1 101 ");
        assertThat(open.raw(request("POST", "/a2a", "localhost:8080", "Origin: http://localhost:8080")))
                .doesNotStartWith("HTTP/1.1 403 ");
        // Behind a proxy that speaks TLS, and calls the server by another name.
        assertThat(shared.raw(request("POST", "/a2a", "millrace:8080", "Origin: https://agents.example.org")))
                .doesNotStartWith("HTTP/1.1 403 ");
    }

    @Test
    void an_origin_that_is_allowed_asks_first_and_then_reads_everything() throws Exception {
        String from = "Origin: https://app.example.org";
        assertThat(shared.raw(request(
                        "OPTIONS",
                        "/a2a/message:send",
                        "localhost",
                        from,
                        "Access-Control-Request-Method: POST",
                        "Access-Control-Request-Headers: authorization,a2a-version")))
                .startsWith("HTTP/1.1 204 ")
                .contains("Access-Control-Allow-Origin: https://app.example.org")
                .contains("Access-Control-Allow-Headers: authorization,a2a-version")
                .contains("Vary: Origin")
                .doesNotContain("Allow-Credentials");
        assertThat(shared.raw(request("GET", "/api/v1/chats", "localhost", from)))
                .startsWith("HTTP/1.1 200 ")
                .contains("Access-Control-Allow-Origin: https://app.example.org")
                .contains("Access-Control-Expose-Headers: ");
        assertThat(shared.raw(webSocket(from))).startsWith("HTTP/1.1 101 ");
        assertThat(shared.raw(webSocket("Origin: https://evil.example"))).startsWith("HTTP/1.1 403 ");
        // What went wrong, too.
        assertThat(shared.raw(request("GET", "/api/v1/chats/none", "localhost", from)))
                .startsWith("HTTP/1.1 404 ")
                .contains("Access-Control-Allow-Origin: https://app.example.org");
        assertThat(shared.raw(request("GET", "/api/v1/chats", "localhost", "Origin: https://evil.example")))
                .doesNotContain("Access-Control-Allow-Origin")
                .contains("Vary: Origin");
    }

    @Test
    void a_page_that_is_allowed_is_told_to_say_who_it_is() throws Exception {
        var asking = GuardedServer.keys("alice", ApiKeys.newKey(new java.security.SecureRandom()))
                .withOrigins(Set.of("https://app.example.org"));
        try (var server = new GuardedServer(asking)) {
            String from = "Origin: https://app.example.org";
            assertThat(server.raw(request("GET", "/api/v1/chats", "any.example", from)))
                    .startsWith("HTTP/1.1 401 ")
                    .contains("Access-Control-Allow-Origin: https://app.example.org");
            assertThat(server.raw(request(
                            "OPTIONS", "/api/v1/chats", "any.example", from, "Access-Control-Request-Method: GET")))
                    .startsWith("HTTP/1.1 204 ");
        }
    }

    @ParameterizedTest
    @CsvSource({"https://evil.example, 403", "http://127.0.0.1:8080, 403"})
    void another_name_of_the_same_machine_is_another_origin(String origin, int status) throws Exception {
        assertThat(open.raw(request(
                        "POST", "/a2a", "localhost:8080", "Origin: " + origin, "X-Forwarded-Host: evil.example")))
                .startsWith("HTTP/1.1 " + status);
    }
}
