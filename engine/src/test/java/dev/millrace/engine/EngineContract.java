package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.store.Store;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.A2aJson;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the engine promises, whatever the store. */
abstract class EngineContract extends WithEngine {
    abstract Store open();

    @BeforeEach
    void open_the_store() {
        store = open();
    }

    static List<StreamResponse> decoded(List<Journal.Entry<Event>> entries) {
        return entries.stream()
                .map(e -> A2aJson.STREAM_RESPONSE.read(e.event().json()))
                .toList();
    }

    /**
     * The last words go to the store from the agent's thread, those before them from the store's. So many words that the
     * agent waits for the store, is let go, and returns at once.
     */
    @Test
    void the_last_words_of_an_agent_overtake_none_and_are_not_overtaken() throws Exception {
        String text = IntStream.rangeClosed(1, Turn.PENDING_EVENTS + 10)
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(" "));
        start(WithEngine::echo);
        for (int round = 0; round < 40; round++) {
            List<Sent> chats = IntStream.range(0, 4).mapToObj(i -> chat(text)).toList();
            for (Sent sent : chats) {
                List<Journal.Entry<Event>> seen = readToEnd(sent, sent.from());
                assertThat(answer(fold(seen, sent.taskId()))).isEqualTo(text);
            }
        }
    }

    @Test
    void an_answer_streams_in_chunks_and_ends_completed() throws Exception {
        start(WithEngine::echo);
        Sent sent = chat("one two three");
        List<Journal.Entry<Event>> seen = readToEnd(sent, sent.from());

        assertThat(fold(seen, sent.taskId()).status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(answer(fold(seen, sent.taskId()))).isEqualTo("one two three");
        assertThat(seen.getFirst().event().kind()).isEqualTo(Event.Kind.TASK);
        assertThat(engine.task(ME, sent.taskId()).task()).isEqualTo(fold(seen, sent.taskId()));
    }

    @Test
    void a_reader_that_was_there_from_the_start_sees_every_offset_once() throws Exception {
        start(WithEngine::echo);
        String contextId = engine.newId();
        try (Cursor<Event> cursor = engine.read(contextId, 0)) {
            Sent sent = engine.send(
                    Send.task(ME, null, Message.user("m", "a b c d e").in(contextId, null)));
            var offsets = new ArrayList<Long>();
            TaskState last = null;
            while (last == null || !last.terminal()) {
                for (var entry : cursor.take(3)) {
                    offsets.add(entry.offset());
                    last = entry.event().state();
                    assertThat(entry.event().taskId()).isEqualTo(sent.taskId());
                }
            }
            assertThat(offsets).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L);
        }
    }

    @Test
    void chunks_are_merged_when_the_task_has_ended_and_a_reader_in_their_midst_still_ends_right() throws Exception {
        start(WithEngine::echo);
        Sent sent = chat("a b c d e f");
        List<Journal.Entry<Event>> live = readToEnd(sent, sent.from());
        engine.close(); // waits for the merge
        store = reopen(store);
        start(WithEngine::echo);
        for (int cut = 0; cut <= live.size(); cut++) {
            var seen = new ArrayList<>(live.subList(0, cut));
            long after = cut == 0 ? 0 : live.get(cut - 1).offset();
            if (cut < live.size()) {
                seen.addAll(readToEnd(sent, after));
            }
            assertThat(answer(fold(seen, sent.taskId()))).isEqualTo("a b c d e f");
        }
    }

    /** The same data, opened again; a store that keeps nothing is kept open. */
    Store reopen(Store closed) {
        return closed;
    }

    @Test
    void what_has_not_ended_is_counted_by_owner_agent_and_state() throws Exception {
        start(this::gated);
        assertThat(engine.openTasks()).isEmpty();
        Sent first = chat("1");
        reached.acquire();
        next(first, "2");
        Sent third = next(first, "3");
        String agent = engine.context(ME, first.contextId()).orElseThrow().agent();
        assertThat(engine.openTasks())
                .containsExactly(
                        new OpenTasks(ME, agent, TaskState.SUBMITTED, 2),
                        new OpenTasks(ME, agent, TaskState.WORKING, 1));
        assertThat(engine.replicas()).singleElement().satisfies(alone -> {
            assertThat(alone.here()).isTrue();
            assertThat(alone.running()).isEqualTo(1);
        });
        go.release(3);
        readToEnd(third, 0);
        await().atMost(Duration.ofSeconds(30)).until(() -> engine.openTasks().isEmpty());
    }

    @Test
    void messages_to_a_busy_chat_queue_and_are_answered_in_order() throws Exception {
        start(this::gated);
        Sent first = chat("1");
        reached.acquire();
        Sent second = next(first, "2");
        Sent third = next(first, "3");
        assertThat(engine.task(ME, second.taskId()).task().status().state()).isEqualTo(TaskState.SUBMITTED);
        go.release(3);
        readToEnd(third, 0);
        List<Said> said =
                engine.chats().messages(ME, first.contextId(), null, null, 100).messages();
        assertThat(said.stream().map(s -> s.message().text()))
                .containsExactly("1", "first second", "2", "first second", "3", "first second");
        assertThat(said).allSatisfy(s -> assertThat(s.state()).isEqualTo(TaskState.COMPLETED));
    }

    @Test
    void more_messages_than_the_queue_takes_are_refused() throws Exception {
        start(this::gated, EngineSettings.defaults().withMaxQueued(2));
        Sent first = chat("1");
        next(first, "2");
        next(first, "3");
        assertThatThrownBy(() -> next(first, "4"))
                .isInstanceOfSatisfying(
                        Refused.class, r -> assertThat(r.reason()).isEqualTo(Refused.Reason.QUEUE_FULL));
        go.release(3);
    }

    @Test
    void an_interrupt_keeps_the_partial_answer_and_the_queue_goes_on() throws Exception {
        start(this::gated);
        Sent first = chat("1");
        reached.acquire();
        Sent second = next(first, "2");
        assertThat(engine.interrupt(ME, first.contextId())).isTrue();
        Task interrupted = engine.task(ME, first.taskId()).task();
        assertThat(interrupted.status().state()).isEqualTo(TaskState.CANCELED);
        assertThat(answer(interrupted)).isEqualTo("first ");
        go.release(1);
        List<Journal.Entry<Event>> rest = readToEnd(second, 0);
        assertThat(answer(fold(rest, second.taskId()))).isEqualTo("first second");
    }

    @Test
    void a_cancelled_turn_is_interrupted_and_can_write_nothing_more() throws Exception {
        var told = new CountDownLatch(1);
        var lost = new CountDownLatch(1);
        start(turn -> {
            turn.onCancel(told::countDown);
            reached.release();
            try {
                go.acquire();
            } catch (InterruptedException e) {
                try {
                    turn.say("too late");
                } catch (TurnLost expected) {
                    lost.countDown();
                    throw expected;
                }
            }
        });
        Sent sent = chat("x");
        reached.acquire();
        engine.cancel(ME, sent.taskId());
        told.await();
        lost.await();
        assertThat(engine.task(ME, sent.taskId()).task().artifacts()).isEmpty();
        assertThat(engine.cancel(ME, sent.taskId()).task().status().state()).isEqualTo(TaskState.CANCELED);
    }

    @Test
    void an_agent_that_throws_fails_its_task_with_the_reason() throws Exception {
        start(turn -> {
            throw new IllegalStateException("no more paper");
        });
        Sent sent = chat("x");
        Task task = fold(readToEnd(sent, 0), sent.taskId());
        assertThat(task.status().state()).isEqualTo(TaskState.FAILED);
        assertThat(Objects.requireNonNull(task.status().message()).text()).isEqualTo("no more paper");
        assertThatThrownBy(() -> engine.cancel(ME, sent.taskId()))
                .isInstanceOfSatisfying(
                        Refused.class, r -> assertThat(r.reason()).isEqualTo(Refused.Reason.NOT_CANCELABLE));
    }

    @Test
    void a_question_waits_for_its_answer_and_the_task_goes_on() throws Exception {
        start(turn -> {
            if (turn.history().isEmpty()) {
                turn.ask("which colour?");
            } else {
                turn.say(turn.message().text() + " after " + turn.history().size());
            }
        });
        Sent sent = chat("paint");
        try (Cursor<Event> cursor = engine.read(sent.contextId(), 0)) {
            TaskState state = null;
            while (state != TaskState.INPUT_REQUIRED) {
                state = cursor.take(1).getFirst().event().state();
            }
        }
        Sent answered = engine.send(Send.next(ME, Message.user("m2", "red").in(sent.contextId(), sent.taskId())));
        assertThat(answered.taskId()).isEqualTo(sent.taskId());
        Task task = fold(readToEnd(answered, 0), sent.taskId());
        assertThat(answer(task)).isEqualTo("red after 2");
        assertThat(task.history().stream().map(Message::text)).containsExactly("paint", "which colour?", "red");
    }

    @Test
    void the_same_message_twice_is_stored_once() throws Exception {
        start(WithEngine::echo);
        Sent first = chat("hello");
        readToEnd(first, 0);
        Message again = Message.user("same", "again").in(first.contextId(), null);
        Sent one = engine.send(Send.next(ME, again));
        Sent two = engine.send(Send.next(ME, again));
        assertThat(two.repeated()).isTrue();
        assertThat(two.taskId()).isEqualTo(one.taskId());
        assertThat(two.offset()).isEqualTo(one.offset());
        assertThat(engine.tasks(new TaskQuery(ME, null, first.contextId(), null, null, 10, null))
                        .total())
                .isEqualTo(2);
    }

    @Test
    void the_same_key_makes_one_chat_and_another_request_under_it_is_refused() throws Exception {
        start(WithEngine::echo);
        Send send = Send.chat(ME, null, Message.user("a", "hello"), null).withKey("k", "print");
        Sent one = engine.send(send);
        Sent two = engine.send(
                Send.chat(ME, null, Message.user("b", "hello"), null).withKey("k", "print"));
        assertThat(two.contextId()).isEqualTo(one.contextId());
        assertThat(two.taskId()).isEqualTo(one.taskId());
        assertThatThrownBy(() -> engine.send(
                        Send.chat(ME, null, Message.user("c", "other"), null).withKey("k", "other")))
                .isInstanceOfSatisfying(
                        Refused.class, r -> assertThat(r.reason()).isEqualTo(Refused.Reason.KEY_REUSED));
        assertThat(engine.contexts(ME, 10, null).items()).hasSize(1);
    }

    @Test
    void a_key_that_is_used_again_for_another_agent_is_refused_as_such() throws Exception {
        start(EngineContract::echo);
        Send first = Send.chat(ME, "test", Message.user("m", "hello"), null);
        engine.send(first.withKey("key", "print"));

        Send other = Send.chat(ME, "another", Message.user("m", "hello"), null);
        assertThatThrownBy(() -> engine.send(other.withKey("key", "other print")))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.KEY_REUSED));
    }

    @Test
    void a_context_stands_as_its_open_tasks_do() throws Exception {
        start(turn -> {
            if (turn.message().text().equals("ask")) {
                turn.ask("what?");
            } else {
                gated(turn);
            }
        });
        Sent busy = chat("work");
        reached.acquire();
        next(busy, "later");
        next(busy, "much later");
        Sent asking = chat("ask");
        try (Cursor<Event> cursor = engine.read(asking.contextId(), 0)) {
            while (cursor.take(1).getFirst().event().state() != TaskState.INPUT_REQUIRED) {}
        }

        assertThat(engine.standing(ME, busy.contextId())).get().satisfies(standing -> {
            assertThat(standing.context().id()).isEqualTo(busy.contextId());
            assertThat(standing.context().lastOffset()).isPositive();
            assertThat(List.of(standing.working(), standing.waiting(), standing.queued()))
                    .containsExactly(1, 0, 2);
        });
        assertThat(engine.standing("somebody else", busy.contextId())).isEmpty();
        assertThat(engine.standing(ME, "nowhere")).isEmpty();

        Page<Standing> first = engine.chats().list(ContextQuery.of(ME, 1, null));
        Page<Standing> second = engine.chats().list(ContextQuery.of(ME, 1, first.next()));
        assertThat(first.total()).isEqualTo(2);
        assertThat(second.next()).isNull();
        assertThat(List.of(first.items().getFirst(), second.items().getFirst()))
                .extracting(standing -> standing.context().id())
                .containsExactlyInAnyOrder(asking.contextId(), busy.contextId());
        Standing waits = engine.standing(ME, asking.contextId()).orElseThrow();
        assertThat(List.of(waits.working(), waits.waiting(), waits.queued())).containsExactly(0, 1, 0);

        go.release(4);
        readToEnd(next(busy, "last"), 0);
        Standing idle = engine.standing(ME, busy.contextId()).orElseThrow();
        assertThat(List.of(idle.working(), idle.waiting(), idle.queued())).containsExactly(0, 0, 0);
    }

    @Test
    void what_is_somebody_elses_does_not_exist() throws Exception {
        start(WithEngine::echo);
        Sent sent = chat("mine");
        assertThatThrownBy(() -> engine.task("you", sent.taskId())).isInstanceOf(Refused.class);
        assertThatThrownBy(() -> engine.cancel("you", sent.taskId())).isInstanceOf(Refused.class);
        assertThatThrownBy(() -> engine.interrupt("you", sent.contextId())).isInstanceOf(Refused.class);
        assertThatThrownBy(() ->
                        engine.send(Send.next("you", Message.user("m", "x").in(sent.contextId(), null))))
                .isInstanceOf(Refused.class);
        assertThat(engine.context("you", sent.contextId())).isEmpty();
        assertThat(engine.contexts("you", 10, null).items()).isEmpty();
    }

    @Test
    void with_one_place_everybody_gets_a_turn() throws Exception {
        var order = new ConcurrentLinkedQueue<String>();
        start(
                turn -> {
                    order.add(turn.owner());
                    gated(turn);
                },
                EngineSettings.defaults().withMaxTurns(1));
        Sent busy = chat("0");
        reached.acquire();
        var waiting = new ArrayList<Sent>();
        for (int i = 0; i < 70; i++) {
            waiting.add(chat("waiting " + i));
        }
        Sent other = engine.send(Send.chat("you", null, Message.user("m", "mine"), null));
        go.release(1000);
        readToEnd(busy, 0);
        readToEnd(other, 0);
        for (Sent each : waiting) {
            readToEnd(each, 0);
        }
        assertThat(List.copyOf(order).indexOf("you"))
                .as("another owner's one chat waits for a few hand-offs only")
                .isBetween(1, 3);
    }

    @Test
    void tasks_are_listed_newest_status_first_in_pages_with_a_true_total() throws Exception {
        start(WithEngine::echo);
        var sent = new ArrayList<Sent>();
        for (int i = 0; i < 7; i++) {
            Sent each = chat("n" + i);
            readToEnd(each, 0);
            sent.add(each);
        }
        var listed = new ArrayList<String>();
        String after = null;
        do {
            Page<Snapshot> page = engine.tasks(new TaskQuery(ME, null, null, TaskState.COMPLETED, null, 3, after));
            assertThat(page.total()).isEqualTo(7);
            page.items().forEach(s -> listed.add(s.task().id()));
            after = page.next();
        } while (after != null);
        assertThat(listed)
                .containsExactlyInAnyOrderElementsOf(
                        sent.stream().map(Sent::taskId).toList());
    }

    @Test
    void many_chunks_from_a_fast_agent_all_arrive_in_order() throws Exception {
        start(turn -> {
            for (int i = 0; i < 5_000; i++) {
                turn.say(i + " ");
            }
        });
        Sent sent = chat("go");
        var expected = new StringBuilder();
        for (int i = 0; i < 5_000; i++) {
            expected.append(i).append(' ');
        }
        assertThat(expected.toString().equals(answer(fold(readToEnd(sent, 0), sent.taskId()))))
                .isTrue();
        assertThat(decoded(readToEnd(sent, 0)))
                .anySatisfy(e -> assertThat(e).isInstanceOf(TaskArtifactUpdateEvent.class));
        assertThat(new String(readToEnd(sent, 0).getFirst().event().json(), StandardCharsets.UTF_8))
                .startsWith("{\"task\":");
    }
}
