package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.Event;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.TextPart;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What a stream carries, frame by frame. */
class StreamTest {

    @Test
    void a_stream_is_the_journals_own_bytes_in_an_envelope() throws Exception {
        var gate = new Gate();
        try (var house = new A2aHouse(gate);
                Cursor<Event> journal = house.engine.read("raw", 0)) {
            gate.openAll();
            String params = A2aHouse.say("eins zwei", "\"contextId\":\"raw\"");
            String body = "{\"jsonrpc\":\"2.0\",\"id\":\"a\\\"b\",\"method\":\"SendStreamingMessage\",\"params\":"
                    + params + "}";
            var response = house.post(body);
            assertThat(response.headers().map())
                    .contains(entry("content-type", List.of("text/event-stream")))
                    .contains(entry("cache-control", List.of("no-store")));
            var expected = new StringBuilder(": stream\n\n");
            for (Journal.Entry<Event> each : read(journal)) {
                expected.append("id: ")
                        .append(each.offset())
                        .append("\ndata: {\"jsonrpc\":\"2.0\",\"id\":\"a\\\"b\",\"result\":")
                        .append(new String(each.event().json(), StandardCharsets.UTF_8))
                        .append("}\n\n");
            }
            assertThat(response.body()).isEqualTo(expected.toString()).contains("id: 1\ndata: ");
        }
    }

    private static List<Journal.Entry<Event>> read(Cursor<Event> journal) throws Exception {
        var all = new ArrayList<Journal.Entry<Event>>();
        do {
            all.addAll(journal.take(100));
        } while (!TaskState.COMPLETED.equals(all.getLast().event().state()));
        return all;
    }

    @Test
    void a_stream_begins_with_the_task_and_ends_with_its_end() throws Exception {
        try (var house = new A2aHouse(turn -> turn.say("hi"));
                Frames stream = house.open("SendStreamingMessage", A2aHouse.say("x"))) {
            List<StreamResponse> events =
                    stream.rest().stream().map(Frames.Frame::event).toList();
            assertThat(events.getFirst()).isInstanceOfSatisfying(Task.class, task -> {
                assertThat(task.status().state()).isEqualTo(TaskState.SUBMITTED);
                assertThat(task.history()).hasSize(1);
            });
            assertThat(events.subList(1, events.size())).noneMatch(Task.class::isInstance);
            assertThat(events.getLast())
                    .isInstanceOfSatisfying(
                            TaskStatusUpdateEvent.class,
                            update -> assertThat(update.status().state()).isEqualTo(TaskState.COMPLETED));
            assertThat(events).allSatisfy(event -> {
                assertThat(event.taskId()).isEqualTo(events.getFirst().taskId());
                assertThat(event.contextId()).isEqualTo(events.getFirst().contextId());
            });
        }
    }

    @Test
    void an_event_is_there_before_the_next_one_exists() throws Exception {
        var gate = new Gate();
        try (var house = new A2aHouse(gate);
                Frames stream = house.open("SendStreamingMessage", A2aHouse.say("one two three"))) {
            for (String word : List.of("one ", "two ", "three ")) {
                gate.open(1);
                Frames.Frame frame;
                do {
                    frame = Objects.requireNonNull(stream.next());
                } while (!(frame.event() instanceof TaskArtifactUpdateEvent));
                assertThat(((TextPart) ((TaskArtifactUpdateEvent) frame.event())
                                        .artifact()
                                        .parts()
                                        .getFirst())
                                .text())
                        .isEqualTo(word);
            }
            gate.openAll();
            assertThat(stream.rest()).isNotEmpty();
        }
    }

    @Test
    void five_hundred_events_all_come_in_order_and_are_all_stored() throws Exception {
        try (var house = new A2aHouse(turn -> {
                    for (int i = 0; i < 500; i++) {
                        turn.say(i + " ");
                    }
                });
                Frames stream = house.open("SendStreamingMessage", A2aHouse.say("x"))) {
            List<Frames.Frame> frames = stream.rest();
            List<String> chunks = frames.stream()
                    .map(Frames.Frame::event)
                    .filter(TaskArtifactUpdateEvent.class::isInstance)
                    .map(event -> ((TextPart) ((TaskArtifactUpdateEvent) event)
                                    .artifact()
                                    .parts()
                                    .getFirst())
                            .text())
                    .toList();
            var expected = new ArrayList<String>();
            for (int i = 0; i < 500; i++) {
                expected.add(i + " ");
            }
            assertThat(chunks).isEqualTo(expected);
            assertThat(frames).extracting(Frames.Frame::id).isSorted().doesNotHaveDuplicates();
            Task task = A2aHouse.fold(frames);
            assertThat(house.get(task.id())).isEqualTo(task);
            assertThat(A2aHouse.answer(task)).isEqualTo(String.join("", expected));
        }
    }

    @Test
    void a_client_that_leaves_its_stream_does_not_touch_the_task() throws Exception {
        var gate = new Gate();
        try (var house = new A2aHouse(gate)) {
            String id;
            try (Frames stream = house.open("SendStreamingMessage", A2aHouse.say("one two three"))) {
                id = Objects.requireNonNull(stream.take(1).getFirst().event().taskId());
                gate.open(1);
            }
            Awaitility.await().atMost(A2aHouse.PATIENCE).until(() -> house.server.open() == 0);
            gate.openAll();
            assertThat(A2aHouse.answer(house.awaitState(id, TaskState.COMPLETED)))
                    .isEqualTo("one two three ");
        }
    }

    @Test
    void two_subscribers_see_the_same_and_one_that_leaves_does_not_disturb_the_other() throws Exception {
        var gate = new Gate();
        try (var house = new A2aHouse(gate);
                Frames sender = house.open("SendStreamingMessage", A2aHouse.say("one two three four"))) {
            String id = Objects.requireNonNull(sender.take(1).getFirst().event().taskId());
            gate.open(1);
            try (Frames one = house.subscribe(id);
                    Frames two = house.subscribe(id)) {
                long snapshot = one.take(1).getFirst().id();
                assertThat(two.take(1).getFirst().id()).isEqualTo(snapshot);
                gate.open(1);
                assertThat(one.take(1)).isEqualTo(two.take(1));
                sender.close();
                gate.openAll();
                List<Frames.Frame> rest = one.rest();
                assertThat(two.rest()).isEqualTo(rest);
                assertThat(rest.getLast().data()).contains("TASK_STATE_COMPLETED");
            }
        }
    }

    @Test
    void tasks_of_one_context_do_not_mix() throws Exception {
        var gate = new Gate();
        try (var house = new A2aHouse(gate);
                Frames one = house.open("SendStreamingMessage", A2aHouse.say("a b c d", "\"contextId\":\"both\""));
                Frames two = house.open("SendStreamingMessage", A2aHouse.say("1 2 3 4", "\"contextId\":\"both\""))) {
            gate.openAll();
            assertThat(A2aHouse.answer(A2aHouse.fold(one.rest()))).isEqualTo("a b c d ");
            assertThat(A2aHouse.answer(A2aHouse.fold(two.rest()))).isEqualTo("1 2 3 4 ");
        }
    }

    @Test
    void a_stream_stays_open_while_the_task_waits_for_its_user() throws Exception {
        try (var house = new A2aHouse(turn -> {
                    if (turn.message().text().equals("paint")) {
                        turn.say("a wall, ");
                        turn.ask("which colour?");
                    } else {
                        turn.artifact("colour").say(turn.message().text());
                    }
                });
                Frames stream = house.open("SendStreamingMessage", A2aHouse.say("paint"))) {
            var frames = new ArrayList<Frames.Frame>();
            do {
                frames.addAll(stream.take(1));
            } while (!frames.getLast().data().contains("INPUT_REQUIRED"));
            String id = Objects.requireNonNull(frames.getFirst().event().taskId());
            try (Frames follow = house.open("SendStreamingMessage", A2aHouse.say("red", "\"taskId\":\"" + id + "\""));
                    Frames listening = follow) {
                List<Frames.Frame> answer = listening.rest();
                assertThat(answer.getFirst().event()).isInstanceOf(Task.class);
                assertThat(A2aHouse.answer(A2aHouse.fold(answer))).isEqualTo("a wall, red");
            }
            frames.addAll(stream.rest());
            assertThat(frames.stream().map(Frames.Frame::event))
                    .noneMatch(dev.millrace.protocol.Message.class::isInstance);
            Task folded = A2aHouse.fold(frames);
            assertThat(folded.status()).isEqualTo(house.get(id).status());
            assertThat(folded.artifacts()).isEqualTo(house.get(id).artifacts());
        }
    }

    @Test
    void a_subscriber_that_comes_at_any_point_misses_nothing_and_sees_nothing_twice() throws Exception {
        int words = 40;
        var go = new Semaphore(0);
        try (var house = new A2aHouse(turn -> {
                    go.acquire();
                    for (int i = 0; i < words; i++) {
                        turn.say(i + " ");
                        if (i % 3 == 0) {
                            turn.flush();
                        }
                    }
                    go.acquire();
                });
                var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < 10; round++) {
                Task task = house.task(
                        A2aHouse.say("count", "\"metadata\":{}", "\"configuration\":{\"returnImmediately\":true}"));
                var readers = new ArrayList<java.util.concurrent.Future<List<Frames.Frame>>>();
                var subscribed = new CountDownLatch(8);
                go.release();
                for (int i = 0; i < 8; i++) {
                    // Each gets through while the agent is at another word.
                    readers.add(pool.submit(() -> {
                        try (Frames stream = house.subscribe(task.id())) {
                            List<Frames.Frame> frames = stream.take(1);
                            subscribed.countDown();
                            frames.addAll(stream.rest());
                            return frames;
                        }
                    }));
                }
                // The agent ends only when all have subscribed, so that none is refused.
                assertThat(subscribed.await(30, TimeUnit.SECONDS)).isTrue();
                go.release();
                for (var reader : readers) {
                    List<Frames.Frame> frames = reader.get();
                    assertThat(frames.getFirst().event()).isInstanceOf(Task.class);
                    assertThat(frames).extracting(Frames.Frame::id).isSorted().doesNotHaveDuplicates();
                    assertThat(A2aHouse.fold(frames)).isEqualTo(house.get(task.id()));
                }
            }
        }
    }
}
