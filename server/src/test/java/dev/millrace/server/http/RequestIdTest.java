package dev.millrace.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.MDC;

@Timeout(60)
class RequestIdTest {
    private static String idOf(String path, String header) throws Exception {
        var logged = new AtomicReference<String>();
        var router = new Router().get("/fine", exchange -> {
            logged.set(MDC.get("request"));
            exchange.respond(204);
        });
        router.get("/broken", exchange -> {
            throw HttpProblem.badRequest("broken");
        });
        try (var server = TestServer.start(router);
                var socket = server.socket()) {
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + header + "\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            String response = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            String id = response.lines()
                    .filter(line -> line.startsWith("X-Request-Id: "))
                    .map(line -> line.substring("X-Request-Id: ".length()))
                    .reduce((one, two) -> one + " and " + two)
                    .orElseThrow(() -> new AssertionError(response));
            if (path.equals("/fine")) {
                assertThat(logged).hasValue(id);
            }
            return id;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/fine", "/broken", "/nothing/here"})
    void the_clients_own_is_given_back_whatever_comes_of_the_request(String path) throws Exception {
        assertThat(idOf(path, "X-Request-Id: 7f3c-{client}\r\n")).isEqualTo("7f3c-{client}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "X-Request-Id: two words\r\n", "X-Request-Id: \u00e4\r\n", "X-Request-Id: \r\n"})
    void without_one_that_can_stand_in_a_log_there_is_a_new_one(String header) throws Exception {
        assertThat(idOf("/fine", header)).matches("[0-9a-f]{16}");
    }

    @Test
    void one_that_is_too_long_is_not_taken() throws Exception {
        assertThat(idOf("/fine", "X-Request-Id: " + "x".repeat(128) + "\r\n")).hasSize(128);
        assertThat(idOf("/fine", "X-Request-Id: " + "x".repeat(129) + "\r\n")).hasSize(16);
    }
}
