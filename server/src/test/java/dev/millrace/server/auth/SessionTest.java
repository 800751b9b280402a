package dev.millrace.server.auth;

import static dev.millrace.server.auth.GuardedServer.json;
import static dev.millrace.server.auth.GuardedServer.keys;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.server.config.Settings;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A browser that proves once whose it is, and is known by its cookie from then on. */
class SessionTest {
    private static final String ALICE = "mr_alice-has-this-key";
    private static final String BOB = "mr_bob-has-that-key";

    private static GuardedServer server;

    @BeforeAll
    static void start() throws Exception {
        server = new GuardedServer(keys("alice", ALICE, "bob", BOB));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static HttpResponse<String> login(GuardedServer at, String secret, String... headers) throws Exception {
        return at.post("/api/v1/session", "{\"secret\":\"" + secret + "\"}", headers);
    }

    private static String cookie(HttpResponse<String> login) {
        return login.headers().firstValue("Set-Cookie").orElseThrow().split(";")[0];
    }

    @Test
    void a_key_begins_a_session_that_acts_for_its_owner() throws Exception {
        HttpResponse<String> login = login(server, ALICE);
        assertThat(login.statusCode()).isEqualTo(200);
        assertThat(json(login).get("owner").stringValue()).isEqualTo("alice");

        String chat = json(server.post(
                        "/api/v1/chats", "{\"message\":{\"parts\":[{\"text\":\"x\"}]}}", "Cookie", cookie(login)))
                .at("/chat/id")
                .stringValue();
        assertThat(server.get("/api/v1/chats/" + chat, "X-API-Key", ALICE).statusCode())
                .isEqualTo(200);
        assertThat(server.get("/api/v1/chats/" + chat, "X-API-Key", BOB).statusCode())
                .isEqualTo(404);
    }

    @Test
    void no_script_and_no_other_site_gets_at_the_cookie_and_it_does_not_hold_the_key() throws Exception {
        HttpResponse<String> login = login(server, ALICE);
        String set = login.headers().firstValue("Set-Cookie").orElseThrow();
        assertThat(set)
                .contains("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000")
                .doesNotContain("Secure", ALICE);
        assertThat(login.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(login(server, ALICE, "X-Forwarded-Proto", "https").headers().firstValue("Set-Cookie"))
                .get()
                .asString()
                .endsWith("; Secure");
    }

    @Test
    void whoever_proves_nothing_gets_no_session_and_hears_what_is_asked() throws Exception {
        HttpResponse<String> refused = login(server, "mr_nobody-has-this");
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.headers().firstValue("Set-Cookie")).isEmpty();
        assertThat(refused.body()).doesNotContain("mr_nobody");
        assertThat(login(server, "no key at all").statusCode()).isEqualTo(401);

        var asked = json(server.get("/api/v1/session"));
        assertThat(asked.get("asks").booleanValue()).isTrue();
        assertThat(asked.has("owner")).isFalse();
        assertThat(asked.get("ways").toString()).isEqualTo("[\"apiKey\"]");
    }

    @Test
    void a_cookie_that_was_changed_proves_nothing() throws Exception {
        String cookie = cookie(login(server, ALICE));
        String forged = cookie.replaceFirst(
                "=[^.]*", "=" + cookie(login(server, BOB)).split("=")[1].split("\\.")[0]);
        assertThat(server.get("/api/v1/chats", "Cookie", cookie).statusCode()).isEqualTo(200);
        for (String bad : new String[] {forged, cookie + "x", "millrace_session=", "millrace_session=a.b.c.d"}) {
            assertThat(server.get("/api/v1/chats", "Cookie", bad).statusCode())
                    .as(bad)
                    .isEqualTo(401);
        }
    }

    @Test
    void a_page_of_another_site_can_neither_begin_nor_use_a_session() throws Exception {
        String cookie = cookie(login(server, ALICE));
        assertThat(login(server, ALICE, "Origin", "https://evil.example").statusCode())
                .isEqualTo(403);
        assertThat(server.post("/api/v1/chats", "{}", "Cookie", cookie, "Origin", "https://evil.example")
                        .statusCode())
                .isEqualTo(403);
        assertThat(server.send(
                                "/api/v1/session",
                                request -> request.header("Content-Type", "text/plain")
                                        .POST(java.net.http.HttpRequest.BodyPublishers.ofString(
                                                "{\"secret\":\"" + ALICE + "\"}")))
                        .statusCode())
                .isEqualTo(415);
    }

    @Test
    void a_session_ends_with_the_key_that_began_it() throws Exception {
        try (var own = new GuardedServer(keys("alice", ALICE, "bob", BOB))) {
            String cookie = cookie(login(own, ALICE));
            assertThat(own.get("/api/v1/chats", "Cookie", cookie).statusCode()).isEqualTo(200);

            own.millrace.reload(Settings.builder().auth(keys("bob", BOB)).build());
            assertThat(own.get("/api/v1/chats", "Cookie", cookie).statusCode()).isEqualTo(401);
        }
    }

    @Test
    void leaving_takes_the_cookie_away() throws Exception {
        HttpResponse<String> left = server.send("/api/v1/session", request -> request.DELETE());
        assertThat(left.statusCode()).isEqualTo(204);
        assertThat(left.headers().firstValue("Set-Cookie"))
                .get()
                .asString()
                .contains("millrace_session=;", "Max-Age=0");
    }

    @Test
    void a_server_that_asks_nobody_says_so() throws Exception {
        try (var open = new GuardedServer(AuthSettings.open())) {
            var told = json(open.get("/api/v1/session"));
            assertThat(told.get("asks").booleanValue()).isFalse();
            assertThat(told.get("owner").stringValue()).isEqualTo("local");
        }
    }
}
