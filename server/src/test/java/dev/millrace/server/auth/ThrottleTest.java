package dev.millrace.server.auth;

import static dev.millrace.server.auth.GuardedServer.hello;
import static dev.millrace.server.auth.GuardedServer.json;
import static dev.millrace.server.auth.GuardedServer.message;
import static dev.millrace.server.auth.GuardedServer.rpc;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import com.google.protobuf.Any;
import com.google.rpc.RetryInfo;
import dev.millrace.server.http.Gate.Stay;
import dev.millrace.server.http.HttpProblem;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** How much one client may ask for. */
class ThrottleTest {
    private static final Rates TWO_A_SECOND = new Rates(2, 3, 0);

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1000); // it may overflow, as nanoTime may
    private final Throttle throttle = new Throttle(now::get);

    private void seconds(double seconds) {
        now.addAndGet((long) (seconds * TimeUnit.SECONDS.toNanos(1)));
    }

    private void admitted(String client, Rates rates) {
        assertThatNoException().isThrownBy(() -> throttle.enter(client, rates).end());
    }

    private void refused(String client, Rates rates, String retryAfter) {
        assertThatExceptionOfType(HttpProblem.class)
                .isThrownBy(() -> throttle.enter(client, rates))
                .satisfies(e -> {
                    assertThat(e.status()).isEqualTo(429);
                    assertThat(e.headers()).containsEntry("Retry-After", retryAfter);
                });
    }

    @Test
    void a_burst_passes_and_then_as_many_as_the_rate_lets_in() {
        for (int i = 0; i < 3; i++) {
            admitted("a", TWO_A_SECOND);
        }
        refused("a", TWO_A_SECOND, "1");
        admitted("b", TWO_A_SECOND);
        seconds(0.5);
        admitted("a", TWO_A_SECOND);
        refused("a", TWO_A_SECOND, "1");
        seconds(100);
        for (int i = 0; i < 3; i++) {
            admitted("a", TWO_A_SECOND);
        }
        refused("a", TWO_A_SECOND, "1");
    }

    @Test
    void who_is_refused_is_not_pushed_further_back() {
        for (int i = 0; i < 3; i++) {
            admitted("a", TWO_A_SECOND);
        }
        for (int i = 0; i < 100; i++) {
            refused("a", TWO_A_SECOND, "1");
        }
        seconds(0.5);
        admitted("a", TWO_A_SECOND);
    }

    @Test
    void what_is_open_is_counted_until_it_is_over() throws HttpProblem {
        var two = new Rates(0, 1, 2);
        Stay first = throttle.enter("a", two);
        throttle.enter("a", two);
        refused("a", two, "5");
        first.end();
        admitted("a", two);
    }

    @Test
    void memory_is_bounded_and_newcomers_share_what_is_left() throws HttpProblem {
        for (int i = 0; i < Throttle.MOST; i++) {
            throttle.enter("attacker " + i, TWO_A_SECOND); // never over
        }
        for (int i = 0; i < 3; i++) {
            admitted("newcomer " + i, TWO_A_SECOND);
        }
        refused("newcomer 4", TWO_A_SECOND, "1");
        admitted("attacker 1", TWO_A_SECOND);
        assertThat(throttle.size()).isLessThanOrEqualTo(Throttle.MOST + 1);
    }

    @Test
    void accounts_that_say_nothing_make_room() throws HttpProblem {
        for (int i = 0; i < Throttle.MOST; i++) {
            throttle.enter("guest " + i, TWO_A_SECOND).end();
        }
        seconds(10);
        for (int i = 0; i < 3; i++) {
            admitted("newcomer", TWO_A_SECOND);
        }
        refused("newcomer", TWO_A_SECOND, "1");
        assertThat(throttle.size()).isEqualTo(1);
    }

    @Test
    void without_limits_nothing_is_kept() throws HttpProblem {
        throttle.enter("a", Rates.NONE);
        assertThat(throttle.size()).isZero();
    }

    // ---- On the wire

    @Test
    void streams_are_counted_until_they_end_and_every_protocol_says_when_to_come_again() throws Exception {
        String alice = ApiKeys.newKey(new SecureRandom());
        String bob = ApiKeys.newKey(new SecureRandom());
        String[] key = {"X-API-Key", alice};
        var auth = GuardedServer.keys("alice", alice, "bob", bob).withRates(new Rates(0, 1, 2));
        try (var server = new GuardedServer(auth)) {
            InputStream first = watch(server, alice);
            InputStream second = watch(server, alice);

            HttpResponse<String> chat = server.get("/api/v1/chats", key);
            assertThat(chat.statusCode()).isEqualTo(429);
            assertThat(chat.headers().firstValue("Retry-After")).isPresent();
            assertThat(server.post("/a2a", rpc("SendMessage", message("x")), key)
                            .statusCode())
                    .isEqualTo(429);
            HttpResponse<String> rest = server.post("/a2a/message:send", message("x"), key);
            assertThat(rest.statusCode()).isEqualTo(429);
            assertThat(rest.headers().firstValue("Retry-After")).isPresent();
            assertThat(json(rest).at("/error/status").asString()).isEqualTo("RESOURCE_EXHAUSTED");
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() -> server.grpc("x-api-key", alice).sendMessage(hello()))
                    .satisfies(e -> {
                        assertThat(e.getStatus().getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
                        Any retry = StatusProto.fromThrowable(e).getDetails(1);
                        assertThat(retry.unpack(RetryInfo.class).getRetryDelay().getSeconds())
                                .isPositive();
                    });
            // Nobody else is held up by it.
            assertThat(server.get("/api/v1/chats", "X-API-Key", bob).statusCode())
                    .isEqualTo(200);

            first.close();
            second.close();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> server.get("/api/v1/chats", key).statusCode() == 200);
            assertThat(server.grpc("x-api-key", alice).sendMessage(hello()).hasTask())
                    .isTrue();
        }
    }

    private static InputStream watch(GuardedServer server, String key) throws Exception {
        HttpResponse<InputStream> stream = server.client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.millrace.port() + "/api/v1/chats:watch"))
                        .header("X-API-Key", key)
                        .build(),
                BodyHandlers.ofInputStream());
        assertThat(stream.statusCode()).isEqualTo(200);
        return stream.body();
    }

    @Test
    void who_tries_keys_is_counted_by_address() throws Exception {
        var auth =
                GuardedServer.keys("alice", ApiKeys.newKey(new SecureRandom())).withRates(new Rates(1, 2, 0));
        try (var server = new GuardedServer(auth)) {
            int last = 0;
            for (int i = 0; i < 50 && last != 429; i++) {
                last = server.get("/api/v1/chats", "X-API-Key", "mr_guess" + i).statusCode();
            }
            assertThat(last).isEqualTo(429);
        }
    }
}
