package dev.millrace.client;

import static dev.millrace.client.Events.chunk;
import static dev.millrace.client.Events.status;
import static dev.millrace.client.Events.task;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TaskPublisherTest {
    private final ScriptedServer server = new ScriptedServer();

    @AfterEach
    void close() {
        server.close();
    }

    private static final class Subscriber implements Flow.Subscriber<StreamResponse> {
        final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
        final BlockingQueue<StreamResponse> events = new LinkedBlockingQueue<>();
        final CompletableFuture<String> end = new CompletableFuture<>();

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription.complete(given);
        }

        @Override
        public void onNext(StreamResponse event) {
            events.add(event);
        }

        @Override
        public void onError(Throwable thrown) {
            end.complete(thrown.getClass().getSimpleName());
        }

        @Override
        public void onComplete() {
            end.complete("complete");
        }

        void request(long n) throws Exception {
            subscription.get(20, TimeUnit.SECONDS).request(n);
        }

        String end() throws Exception {
            return end.get(20, TimeUnit.SECONDS);
        }
    }

    private Subscriber subscribed(TaskStream stream) {
        var subscriber = new Subscriber();
        stream.publisher().subscribe(subscriber);
        return subscriber;
    }

    @Test
    void as_many_events_come_as_are_asked_for_and_then_the_end() throws Exception {
        server.then(call ->
                call.stream().event("1", task("WORKING")).event("2", chunk("a")).event("3", status("COMPLETED")));
        try (A2aClient client = A2aClient.atInterface(server.uri()).connect();
                TaskStream stream = client.stream(Message.user("m1", "hello"))) {
            Subscriber subscriber = subscribed(stream);
            subscriber.request(1);
            assertThat(subscriber.events.poll(20, TimeUnit.SECONDS)).isInstanceOf(Task.class);
            assertThat(stream.lastEventId()).isEqualTo("1"); // nothing was read that nobody asked for
            assertThat(subscriber.end).isNotDone();
            subscriber.request(Long.MAX_VALUE);
            subscriber.request(Long.MAX_VALUE);
            assertThat(subscriber.end()).isEqualTo("complete");
            assertThat(subscriber.events).hasSize(2);
        }
    }

    @Test
    void cancelling_closes_the_stream_and_not_the_task() throws Exception {
        var left = new CompletableFuture<Boolean>();
        server.then(call -> {
            call.stream().event("1", task("WORKING")).awaitLeave();
            left.complete(true);
        });
        try (A2aClient client = A2aClient.atInterface(server.uri()).connect();
                TaskStream stream = client.stream(Message.user("m1", "hello"))) {
            Subscriber subscriber = subscribed(stream);
            subscriber.request(2);
            assertThat(subscriber.events.poll(20, TimeUnit.SECONDS)).isNotNull();
            subscriber.subscription.get().cancel();
            assertThat(left.get(20, TimeUnit.SECONDS)).isTrue();
            assertThat(subscriber.end).isNotDone();
        }
    }

    @Test
    void what_goes_wrong_is_told_and_a_second_subscriber_is_refused() throws Exception {
        server.then(call -> call.error(-32602, "no", "[]"));
        try (A2aClient client = A2aClient.atInterface(server.uri()).connect();
                TaskStream stream = client.stream(Message.user("m1", "hello"))) {
            Flow.Publisher<StreamResponse> publisher = stream.publisher();
            var first = new Subscriber();
            var second = new Subscriber();
            publisher.subscribe(first);
            publisher.subscribe(second);
            assertThat(second.end()).isEqualTo("IllegalStateException");
            first.request(1);
            assertThat(first.end()).isEqualTo("A2aException");
        }
    }
}
