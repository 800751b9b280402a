package dev.millrace.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class ThreadsTest {

    @ParameterizedTest
    @EnumSource
    void every_request_runs_on_a_virtual_thread(Wire wire) throws Exception {
        var router = new Router()
                .get(
                        "/",
                        exchange -> exchange.respond(
                                200,
                                "text/plain",
                                String.valueOf(Thread.currentThread().isVirtual())
                                        .getBytes(StandardCharsets.UTF_8)));
        try (var server = TestServer.start(router);
                var client = wire.client()) {
            var request = HttpRequest.newBuilder(wire.uri(server, "/")).build();
            for (int i = 0; i < 50; i++) {
                assertThat(client.send(request, HttpResponse.BodyHandlers.ofString())
                                .body())
                        .isEqualTo("true");
            }
        }
    }

    @Test
    void three_hundred_requests_wait_at_once_and_the_next_is_still_served() throws Exception {
        int many = 300;
        var waiting = new CountDownLatch(many);
        var release = new CountDownLatch(1);
        var router = new Router()
                .get("/wait", exchange -> {
                    waiting.countDown();
                    release.await();
                    exchange.respond(204);
                })
                .get("/ping", exchange -> exchange.respond(204));
        List<RawHttp1> clients = new ArrayList<>();
        try (var server = TestServer.start(router)) {
            for (int i = 0; i < many; i++) {
                clients.add(new RawHttp1(server.socket()).get("/wait"));
            }
            assertThat(waiting.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(server.get("/ping").statusCode()).isEqualTo(204);
            release.countDown();
            for (var client : clients) {
                assertThat(client.head().status()).isEqualTo(204);
            }
        } finally {
            for (var client : clients) {
                client.close();
            }
        }
    }
}
