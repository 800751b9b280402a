package dev.millrace.client;

import static dev.millrace.client.Events.bareTask;
import static dev.millrace.client.Events.chunk;
import static dev.millrace.client.Events.message;
import static dev.millrace.client.Events.status;
import static dev.millrace.client.Events.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TaskStreamTest {
    private final ScriptedServer server = new ScriptedServer();
    private final List<A2aClient> clients = new ArrayList<>();

    @AfterEach
    void close() {
        clients.forEach(A2aClient::close);
        server.close();
    }

    @Test
    void events_come_in_order_and_the_loop_ends_with_the_task() throws Exception {
        server.then(call -> call.stream()
                .event("1", task("SUBMITTED"))
                .event("2", chunk("a "))
                .event("3", chunk("b"))
                .event("4", status("COMPLETED"))
                .awaitLeave()); // the loop ends by the terminal event, not by the end of the connection

        try (TaskStream stream = client().stream(hello())) {
            assertThat(read(stream))
                    .containsExactly(
                            same(task("SUBMITTED")), same(chunk("a ")), same(chunk("b")), same(status("COMPLETED")));
            assertThat(stream.complete()).isTrue();
            assertThat(stream.taskId()).isEqualTo("t1");
            assertThat(stream.lastEventId()).isEqualTo("4");
            assertThat(stream.next()).isNull();
            assertThatThrownBy(() -> stream.iterator().next()).isInstanceOf(NoSuchElementException.class);
        }
        ScriptedServer.Call call = server.call();
        assertThat(call.method()).isEqualTo("SendStreamingMessage");
        assertThat(call.params().at("/message/parts/0/text").stringValue()).isEqualTo("hello");
        assertThat(call.headers).containsEntry("A2A-Version", "1.0").doesNotContainKey("Last-Event-ID");
        assertThat(call.headers.get("Accept")).contains("text/event-stream");
        assertThat(server.unreadCalls()).isZero();
    }

    @Test
    void each_event_is_read_before_the_next_is_sent() throws Exception {
        var read = new java.util.concurrent.Semaphore(0);
        server.then(call -> {
            call.stream().event("1", task("WORKING"));
            for (int i = 2; i < 50; i++) {
                read.acquire();
                call.event("" + i, chunk("w" + i));
            }
            read.acquire();
            call.event("50", status("COMPLETED"));
        });
        try (TaskStream stream = client().stream(hello())) {
            int count = 0;
            for (StreamResponse event : stream) {
                assertThat(event).isNotNull();
                count++;
                read.release();
            }
            assertThat(count).isEqualTo(50);
        }
    }

    @Test
    void a_cut_stream_goes_on_after_the_last_event() throws Exception {
        server.then(call -> call.streamCutShort().event("1", task("WORKING")).event("2", chunk("a ")))
                .then(call -> call.stream().event("3", chunk("b ")))
                .then(call -> call.stream().event("4", status("COMPLETED")));

        try (TaskStream stream = client().stream(hello())) {
            assertThat(read(stream))
                    .containsExactly(
                            same(task("WORKING")), same(chunk("a ")), same(chunk("b ")), same(status("COMPLETED")));
        }
        assertThat(server.call().method()).isEqualTo("SendStreamingMessage");
        ScriptedServer.Call second = server.call();
        assertThat(second.method()).isEqualTo("SubscribeToTask");
        assertThat(second.params().get("id").stringValue()).isEqualTo("t1");
        assertThat(second.headers).containsEntry("Last-Event-ID", "2");
        assertThat(server.call().headers).containsEntry("Last-Event-ID", "3");
    }

    @Test
    void half_a_frame_is_dropped_and_its_event_comes_with_the_next_connection() {
        server.then(call -> {
                    call.streamCutShort().event("1", task("WORKING"));
                    String frame = call.frame("2", chunk("b"));
                    call.raw(frame.substring(0, frame.length() - 1));
                })
                .then(call -> {
                    assertThat(call.headers).containsEntry("Last-Event-ID", "1");
                    call.stream().event("2", chunk("b")).event("3", status("COMPLETED"));
                });
        try (TaskStream stream = client().stream(hello())) {
            assertThat(read(stream))
                    .containsExactly(same(task("WORKING")), same(chunk("b")), same(status("COMPLETED")));
        }
    }

    @RepeatedTest(30)
    void wherever_it_is_cut_every_event_comes_once_and_in_order(RepetitionInfo round) {
        var random = new Random(round.getCurrentRepetition());
        int words = 1 + random.nextInt(30);
        var events = new ArrayList<String>();
        events.add(task("WORKING"));
        for (int i = 0; i < words; i++) {
            events.add(chunk("wörd" + i + " "));
        }
        events.add(status("COMPLETED"));
        server.always(call -> {
            int after = Integer.parseInt(call.headers.getOrDefault("Last-Event-ID", "0"));
            boolean announced = random.nextBoolean();
            var bytes = new StringBuilder();
            for (int i = after; i < events.size(); i++) {
                bytes.append(call.frame("" + (i + 1), events.get(i)));
            }
            // At least the first event whole: before it, nobody knows whether the message has arrived.
            int least = after == 0 ? call.frame("1", events.get(0)).length() : 0;
            int cut = Math.min(bytes.length(), least + random.nextInt(800));
            (announced ? call.streamCutShort() : call.stream()).raw(bytes.substring(0, cut));
        });
        try (TaskStream stream = client().stream(hello())) {
            assertThat(read(stream)).isEqualTo(events.stream().map(Events::json).toList());
        }
    }

    @Test
    void a_server_without_ids_gives_the_task_as_it_is_and_that_is_delivered() throws Exception {
        server.then(call -> call.stream().event(null, task("WORKING")).event(null, chunk("a ")))
                .then(call -> call.stream()
                        .event(null, "{\"task\":" + bareTask("WORKING", "a b ") + "}")
                        .event(null, chunk("c"))
                        .event(null, status("COMPLETED")));
        try (TaskStream stream = client().stream(hello())) {
            assertThat(read(stream))
                    .containsExactly(
                            same(task("WORKING")),
                            same(chunk("a ")),
                            same("{\"task\":" + bareTask("WORKING", "a b ") + "}"),
                            same(chunk("c")),
                            same(status("COMPLETED")));
        }
        server.call();
        assertThat(server.call().headers).doesNotContainKey("Last-Event-ID");
    }

    @Test
    void a_task_that_ended_meanwhile_is_fetched_and_is_the_last_event() throws Exception {
        server.then(call -> call.stream().event("1", task("WORKING")).event("2", chunk("a ")))
                .then(call -> call.error(-32004, "the task has ended", "null"))
                .then(call -> call.result(bareTask("COMPLETED", "a b")));
        try (TaskStream stream = client().stream(hello())) {
            List<String> events = read(stream);
            assertThat(events).hasSize(3).endsWith(same("{\"task\":" + bareTask("COMPLETED", "a b") + "}"));
            assertThat(stream.complete()).isTrue();
        }
        server.call();
        server.call();
        assertThat(server.call().method()).isEqualTo("GetTask");
    }

    @Test
    void subscribing_to_an_ended_task_gives_the_task() {
        server.then(call -> call.stream()
                        .raw("data: " + call.envelope("\"error\":{\"code\":-32004,\"message\":\"ended\"}") + "\n\n"))
                .then(call -> call.result(bareTask("FAILED", "x")));
        try (TaskStream stream = client().subscribe("t1")) {
            assertThat(read(stream)).containsExactly(same("{\"task\":" + bareTask("FAILED", "x") + "}"));
        }
    }

    @Test
    void a_server_that_cannot_be_subscribed_to_is_an_error_and_not_an_endless_loop() {
        server.then(call -> call.stream().event(null, task("WORKING")))
                .then(call -> call.error(-32004, "no streaming here", "null"))
                .then(call -> call.result(bareTask("WORKING", "")));
        try (TaskStream stream = client().stream(hello())) {
            assertThat(stream.next()).isNotNull();
            A2aException e = catchThrowableOfType(A2aException.class, stream::next);
            assertThat(e.code()).isEqualTo(A2aException.UNSUPPORTED_OPERATION);
            assertThat(e).hasMessage("no streaming here");
            assertThatThrownBy(stream::next).isSameAs(e);
        }
    }

    @Test
    void it_comes_back_through_a_restart_with_busy_and_broken_answers() {
        server.then(call -> call.stream().event("1", task("WORKING")))
                .then(call -> call.status(503, "text/html", "<h1>starting</h1>"))
                .then(call -> {})
                .then(call -> call.status(502, "text/plain", "bad gateway"))
                .then(call -> call.raw("HTTP/1.1 200 OK\r\nContent-Type: text/ev"))
                .then(call -> call.stream())
                .then(call -> call.stream().event("2", status("COMPLETED")));
        try (TaskStream stream = client().stream(hello())) {
            assertThat(read(stream)).containsExactly(same(task("WORKING")), same(status("COMPLETED")));
        }
    }

    @Test
    void it_gives_up_when_it_gets_no_further() {
        server.then(call -> call.stream().event("1", task("WORKING"))).always(call -> call.stream());
        A2aClient client = client(
                settings -> settings.reconnect(Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofMillis(50)));
        try (TaskStream stream = client.stream(hello())) {
            assertThat(stream.next()).isNotNull();
            assertThatThrownBy(stream::next)
                    .isInstanceOf(ConnectionFailed.class)
                    .hasMessageContaining("before the task had ended");
            assertThat(stream.complete()).isFalse();
        }
    }

    @Test
    void the_same_snapshot_over_and_over_is_no_progress() {
        server.always(call -> call.stream().event(null, task("WORKING")));
        A2aClient client = client(
                settings -> settings.reconnect(Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofMillis(50)));
        try (TaskStream stream = client.stream(hello())) {
            assertThatThrownBy(() -> read(stream)).isInstanceOf(ConnectionFailed.class);
        }
    }

    @Test
    void a_silent_connection_counts_as_lost() throws Exception {
        server.then(call -> {
                    call.stream().event("1", task("WORKING"));
                    call.awaitLeave();
                })
                .then(call -> call.stream().event("2", status("COMPLETED")));
        A2aClient client = client(settings -> settings.idleTimeout(Duration.ofMillis(100)));
        try (TaskStream stream = client.stream(hello())) {
            assertThat(read(stream)).containsExactly(same(task("WORKING")), same(status("COMPLETED")));
        }
        server.call();
        assertThat(server.call().headers).containsEntry("Last-Event-ID", "1");
    }

    @Test
    void heartbeats_keep_a_quiet_stream_open() throws Exception {
        var enough = new CountDownLatch(1);
        server.then(call -> {
            call.stream().event("1", task("WORKING"));
            while (!enough.await(20, TimeUnit.MILLISECONDS)) {
                call.raw(": keep-alive\n\n");
            }
            call.event("2", status("COMPLETED"));
        });
        A2aClient client = client(settings -> settings.idleTimeout(Duration.ofSeconds(1)));
        try (TaskStream stream = client.stream(hello())) {
            CompletableFuture.delayedExecutor(1500, TimeUnit.MILLISECONDS).execute(enough::countDown);
            assertThat(read(stream)).hasSize(2);
        }
        assertThat(server.unreadCalls()).as("requests").isEqualTo(1);
    }

    @Test
    void the_servers_retry_is_the_least_it_waits() {
        server.then(call -> {
                    call.stream().event("1", task("WORKING"));
                    call.raw("retry: 300\n\n");
                    call.event("2", chunk("a"));
                })
                .then(call -> call.stream().event("3", status("COMPLETED")));
        try (TaskStream stream = client().stream(hello())) {
            assertThat(stream.next()).isNotNull();
            assertThat(stream.next()).isNotNull();
            long before = System.nanoTime();
            assertThat(stream.next()).isNotNull();
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(290));
        }
    }

    @Test
    void a_message_alone_is_the_whole_answer() {
        server.then(call -> call.stream().event(null, message("hi")).awaitLeave());
        try (TaskStream stream = client().stream(hello())) {
            assertThat(read(stream)).containsExactly(same(message("hi")));
            assertThat(stream.taskId()).isNull();
        }
    }

    @Test
    void an_answer_that_is_plain_json_is_read_too() {
        server.then(call -> call.result(message("hi")));
        try (TaskStream stream = client().stream(hello())) {
            assertThat(read(stream)).containsExactly(same(message("hi")));
        }
    }

    @Test
    void a_stream_that_ends_while_its_task_waits_for_the_user_has_ended() {
        server.then(call -> call.stream().event("1", task("WORKING")).event("2", status("INPUT_REQUIRED")));
        try (TaskStream stream = client().stream(hello())) {
            assertThat(read(stream)).hasSize(2);
            assertThat(stream.complete()).isTrue();
        }
        assertThat(server.unreadCalls()).isEqualTo(1);
    }

    @Test
    void a_message_that_may_have_arrived_is_not_sent_twice() {
        server.then(call -> {});
        try (TaskStream stream = client().stream(hello())) {
            ConnectionFailed e = catchThrowableOfType(ConnectionFailed.class, stream::next);
            assertThat(e.mayHaveArrived()).isTrue();
        }
        assertThat(server.unreadCalls()).isEqualTo(1);
    }

    @Test
    void a_message_is_sent_again_as_the_same_where_the_server_recognizes_it() throws Exception {
        server.then(call -> {})
                .then(call -> call.stream())
                .then(call -> call.stream().event("1", task("WORKING")).event("2", status("COMPLETED")));
        try (TaskStream stream = client(settings -> settings.resend(true)).stream(hello())) {
            assertThat(read(stream)).hasSize(2);
        }
        var first = server.call().params().get("message");
        assertThat(server.call().params().get("message")).isEqualTo(first);
        assertThat(server.call().params().get("message")).isEqualTo(first);
        assertThat(first.get("messageId").stringValue()).isEqualTo("m1");
        assertThat(first.get("contextId").stringValue()).isNotEmpty();
    }

    @Test
    void a_server_that_is_not_there_is_named_in_the_error() throws IOException {
        int port;
        try (var gone = new ServerSocket(0)) {
            port = gone.getLocalPort();
        }
        URI nobody = URI.create("http://127.0.0.1:" + port + "/a2a");
        try (A2aClient client = A2aClient.atInterface(nobody)
                        .reconnect(Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofSeconds(1))
                        .connect();
                TaskStream stream = client.stream(hello())) {
            ConnectionFailed e = catchThrowableOfType(ConnectionFailed.class, stream::next);
            assertThat(e.mayHaveArrived()).isFalse();
            assertThat(e).hasMessageContaining("nothing answers at " + nobody);
        }
    }

    @Test
    void an_error_of_the_server_is_thrown_with_its_code_reason_and_data() {
        server.then(
                call -> call.error(
                        -32602,
                        "message.parts: must not be empty",
                        "[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"BAD\",\"domain\":\"a2a-protocol.org\"}]"));
        try (TaskStream stream = client().stream(hello())) {
            A2aException e = catchThrowableOfType(A2aException.class, stream::next);
            assertThat(e.code()).isEqualTo(-32602);
            assertThat(e.reason()).isEqualTo("BAD");
            assertThat(e.data()).hasSize(1);
            assertThat(e).hasMessage("message.parts: must not be empty");
        }
    }

    @Test
    void an_event_that_is_not_a2a_ends_the_stream_at_once() {
        server.then(call -> call.stream().event("1", task("WORKING")).event("2", "{\"kind\":\"status-update\"}"));
        try (TaskStream stream = client().stream(hello())) {
            assertThat(stream.next()).isNotNull();
            assertThatThrownBy(stream::next)
                    .isInstanceOf(ConnectionFailed.class)
                    .hasMessageContaining("not A2A v1.0");
        }
        assertThat(server.unreadCalls()).isEqualTo(1);
    }

    @Test
    void closing_from_another_thread_ends_the_loop_and_the_connection() throws Exception {
        var left = new CountDownLatch(1);
        server.then(call -> {
            call.stream().event("1", task("WORKING"));
            call.awaitLeave();
            left.countDown();
        });
        TaskStream stream = client().stream(hello());
        assertThat(stream.next()).isNotNull();
        var next = CompletableFuture.supplyAsync(() -> stream.next() == null);
        stream.close();
        assertThat(next.get(20, TimeUnit.SECONDS)).isTrue();
        assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(stream.complete()).isFalse();
    }

    @Test
    void closing_ends_the_wait_before_a_reconnect() throws Exception {
        server.then(call -> call.stream().event("1", task("WORKING")));
        A2aClient client = client(
                settings -> settings.reconnect(Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ofMinutes(9)));
        TaskStream stream = client.stream(hello());
        assertThat(stream.next()).isNotNull();
        var next = CompletableFuture.supplyAsync(() -> stream.next() == null);
        stream.close();
        assertThat(next.get(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void an_interrupt_ends_the_loop_and_stays_set() throws Exception {
        server.then(call -> {
            call.stream().event("1", task("WORKING"));
            call.awaitLeave();
        });
        var outcome = new CompletableFuture<Boolean>();
        var first = new CountDownLatch(1);
        A2aClient client = client();
        Thread reader = Thread.startVirtualThread(() -> {
            try (TaskStream stream = client.stream(hello())) {
                stream.next();
                first.countDown();
                stream.next();
                outcome.complete(false);
            } catch (CancellationException e) {
                outcome.complete(Thread.currentThread().isInterrupted());
            }
        });
        first.await();
        reader.interrupt();
        assertThat(outcome.get(20, TimeUnit.SECONDS)).isTrue();
    }

    private A2aClient client() {
        return client(settings -> settings);
    }

    private A2aClient client(java.util.function.UnaryOperator<A2aClientBuilder> more) {
        A2aClientBuilder builder = A2aClient.atInterface(server.uri("/a2a"))
                .requestTimeout(Duration.ofSeconds(20))
                .reconnect(Duration.ofMillis(2), Duration.ofMillis(20), Duration.ofSeconds(20));
        A2aClient client = more.apply(builder).connect();
        clients.add(client);
        return client;
    }

    private static Message hello() {
        return Message.user("m1", "hello");
    }

    private static String same(String event) {
        return Events.json(event);
    }

    private static List<String> read(TaskStream stream) {
        var events = new ArrayList<String>();
        for (StreamResponse event : stream) {
            events.add(Events.json(event));
        }
        return events;
    }
}
