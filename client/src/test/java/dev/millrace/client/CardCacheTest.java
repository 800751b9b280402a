package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When a card is asked for, and how. */
@Timeout(60)
class CardCacheTest {
    private static final String CARD =
            "{\"name\":\"%s\",\"description\":\"d\",\"version\":\"1\",\"supportedInterfaces\":"
                    + "[{\"url\":\"rpc\",\"protocolBinding\":\"JSONRPC\",\"protocolVersion\":\"1.0\"}],\"capabilities\":{},"
                    + "\"defaultInputModes\":[\"text/plain\"],\"defaultOutputModes\":[\"text/plain\"],\"skills\":[]}";

    private final ScriptedServer server = new ScriptedServer();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final CardCache cache = new CardCache(() -> now);

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void within_its_time_a_card_is_not_asked_for_again() throws Exception {
        server.then(card("first", "Cache-Control: public, max-age=300", "ETag: \"1\""));
        assertThat(nameOfTheAgent()).isEqualTo("first");
        assertThat(server.call().line).startsWith("GET ");

        now = now.plusSeconds(299);
        assertThat(nameOfTheAgent()).isEqualTo("first");
        assertThat(server.unreadCalls()).isZero();
    }

    @Test
    void after_its_time_a_card_that_is_still_right_does_not_travel_and_is_good_for_another_time() throws Exception {
        server.then(card(
                "first", "Cache-Control: max-age=300", "ETag: \"1\"", "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT"));
        server.then(call -> call.raw("HTTP/1.1 304 X\r\nConnection: close\r\nCache-Control: max-age=300\r\n\r\n"));
        nameOfTheAgent();
        assertThat(server.call().headers).doesNotContainKeys("If-None-Match", "If-Modified-Since");

        now = now.plusSeconds(300);
        assertThat(nameOfTheAgent()).isEqualTo("first");
        assertThat(server.call().headers)
                .containsEntry("If-None-Match", "\"1\"")
                .containsEntry("If-Modified-Since", "Thu, 01 Jan 2026 00:00:00 GMT");

        now = now.plusSeconds(299);
        assertThat(nameOfTheAgent()).isEqualTo("first");
        assertThat(server.unreadCalls()).isZero();
    }

    @Test
    void a_card_that_has_changed_takes_the_place_of_the_one_before() throws Exception {
        server.then(card("first", "Cache-Control: no-cache", "ETag: \"1\""));
        server.then(card("second", "Cache-Control: no-cache", "ETag: \"2\""));
        server.then(call -> call.raw("HTTP/1.1 304 X\r\nConnection: close\r\n\r\n"));
        assertThat(nameOfTheAgent()).isEqualTo("first");
        assertThat(nameOfTheAgent()).isEqualTo("second");
        assertThat(nameOfTheAgent()).isEqualTo("second");
        server.call();
        assertThat(server.call().headers).containsEntry("If-None-Match", "\"1\"");
        assertThat(server.call().headers).containsEntry("If-None-Match", "\"2\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Cache-Control: no-store, max-age=300\r\nETag: \"1\"",
                "Cache-Control: max-age=0",
                "Cache-Control: max-age=soon",
                "Cache-Control: max-age=300\r\nAge: 300",
                "X-Nothing: said"
            })
    void what_may_not_be_kept_or_is_too_old_is_fetched_each_time(String headers) throws Exception {
        server.always(card("first", headers));
        nameOfTheAgent();
        nameOfTheAgent();
        assertThat(server.call().headers).doesNotContainKey("If-None-Match");
        assertThat(server.call().headers).doesNotContainKey("If-None-Match");
    }

    @Test
    void a_card_is_kept_for_the_one_it_was_shown_to() throws Exception {
        server.then(card("of alice", "Cache-Control: max-age=300"));
        server.then(card("of bob", "Cache-Control: max-age=300"));
        assertThat(nameOfTheAgent("alice")).isEqualTo("of alice");
        assertThat(nameOfTheAgent("bob")).isEqualTo("of bob");
        assertThat(nameOfTheAgent("alice")).isEqualTo("of alice");
    }

    @Test
    void of_too_many_cards_those_not_used_for_longest_give_way() throws Exception {
        server.always(card("some", "Cache-Control: max-age=300"));
        for (int i = 0; i <= CardCache.MOST; i++) {
            nameOfTheAgent("user-" + i);
        }
        int asked = server.unreadCalls();
        nameOfTheAgent("user-" + CardCache.MOST);
        assertThat(server.unreadCalls()).isEqualTo(asked);
        nameOfTheAgent("user-0");
        assertThat(server.unreadCalls()).isEqualTo(asked + 1);
    }

    private static ScriptedServer.Answer card(String name, String... headers) {
        String body = String.format(CARD, name);
        return call -> answer(call, String.join("\r\n", headers), body);
    }

    private static void answer(ScriptedServer.Call call, String headers, String body) throws IOException {
        call.raw("HTTP/1.1 200 X\r\nContent-Type: application/json\r\nConnection: close\r\n" + headers
                + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }

    private String nameOfTheAgent() {
        return name(A2aClient.at(server.uri()));
    }

    private String nameOfTheAgent(String token) {
        return name(A2aClient.at(server.uri()).bearerToken(token));
    }

    private String name(A2aClientBuilder builder) {
        try (A2aClient client = builder.cards(cache).connect()) {
            return client.card().orElseThrow().name();
        }
    }
}
