package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.Write;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What a turn promises its agent, and what an agent can't break. */
@ParameterizedClass
@EnumSource(Stores.class)
@Timeout(60)
class TurnTest extends WithEngine {
    @Parameter
    Stores kind;

    @TempDir
    Path folder;

    @BeforeEach
    void open() {
        store = kind.open(folder);
    }

    @Test
    void the_history_of_a_long_chat_is_in_the_order_it_was_said() throws Exception {
        var heard = new ArrayList<String>();
        start(turn -> {
            heard.clear();
            turn.history().forEach(m -> heard.add(m.text()));
            turn.say("re: " + turn.message().text());
        });
        Sent sent = chat("0");
        readToEnd(sent, 0);
        var said = new ArrayList<String>();
        for (int i = 1; i < 40; i++) {
            said.add("" + (i - 1));
            said.add("re: " + (i - 1));
            sent = next(sent, "" + i);
            readToEnd(sent, 0);
            assertThat(heard).containsExactlyElementsOf(said);
        }
    }

    @Test
    void the_history_of_an_answer_has_the_question_and_what_came_before_it() throws Exception {
        var heard = new AtomicReference<List<String>>(List.of());
        start(turn -> {
            heard.set(turn.history().stream().map(Message::text).toList());
            if (turn.message().text().equals("paint")) {
                turn.ask("which colour?");
            }
        });
        readToEnd(chat("x"), 0);
        Sent asked = chat("paint");
        readUntil(asked, 0, TaskState.INPUT_REQUIRED);
        readToEnd(answer(asked, "red"), 0);
        assertThat(heard.get()).containsExactly("paint", "which colour?");
    }

    @Test
    void what_was_said_before_a_question_stays_when_its_answer_is_answered() throws Exception {
        start(turn -> {
            if (turn.message().text().equals("paint")) {
                turn.say("I have green and red.");
                turn.ask("which colour?");
            } else {
                turn.say("It is ");
                turn.say(turn.message().text() + ".");
            }
        });
        Sent asked = chat("paint");
        readUntil(asked, 0, TaskState.INPUT_REQUIRED);
        readToEnd(answer(asked, "red"), 0);
        assertThat(task(asked).artifacts().stream().map(Artifact::text))
                .containsExactly("I have green and red.", "It is red.");
    }

    @Test
    void artifacts_by_several_names_keep_their_texts_and_the_order_in_which_they_began() throws Exception {
        start(turn -> {
            turn.artifact("plan").name("the plan").say("one ");
            turn.emit(Artifact.text("picture", "whole"));
            turn.artifact("notes").say("n");
            turn.artifact("plan").say("two");
            turn.say("done");
        });
        Sent sent = chat("x");
        Task live = fold(readToEnd(sent, 0), sent.taskId());
        assertThat(live.artifacts().stream().map(Artifact::artifactId))
                .containsExactly("plan", "picture", "notes", Turn.ANSWER);
        assertThat(text(live, "plan")).isEqualTo("one two");
        assertThat(live.artifacts().getFirst().name()).isEqualTo("the plan");
        merged(sent);
        assertThat(task(sent)).as("after the merge").isEqualTo(live);
    }

    @Test
    void what_is_said_after_a_whole_artifact_is_appended_to_it_and_a_whole_one_replaces_what_was_said()
            throws Exception {
        start(turn -> {
            turn.emit(Artifact.text("plan", "one"));
            turn.artifact("plan").say(" two");
            turn.say("draft");
            turn.emit(Artifact.text(Turn.ANSWER, "final"));
            turn.say(" words");
        });
        Sent sent = chat("x");
        Task live = ended(sent);
        assertThat(text(live, "plan")).isEqualTo("one two");
        assertThat(answer(live)).isEqualTo("final words");
        merged(sent);
        assertThat(text(task(sent), "plan")).isEqualTo("one two");
        assertThat(answer(task(sent))).isEqualTo("final words");
    }

    @Test
    void a_reader_between_the_store_and_the_tail_never_takes_a_chunk_for_the_rest_of_what_was_merged()
            throws Exception {
        for (int tail = 300; tail < 6_000; tail += 300) {
            var go = new java.util.concurrent.Semaphore(0);
            var said = new java.util.concurrent.Semaphore(0);
            try (Store fresh = kind.open(folder.resolve("tail-" + tail));
                    var two = new Engine(
                            fresh,
                            AgentCatalog.of("test", turn -> {
                                boolean first = turn.message().text().equals("one");
                                for (int i = 0; i < 6; i++) {
                                    if (first) {
                                        go.acquire();
                                    }
                                    turn.say(i + " ");
                                    turn.flush();
                                    if (first) {
                                        said.release();
                                    } else {
                                        go.release();
                                        said.acquire(); // so that each one's chunks stand between the other's
                                    }
                                }
                            }),
                            EngineSettings.defaults().withTailBytes(tail))) {
                two.start();
                Sent one = two.send(Send.task(ME, null, Message.user("m1", "one")));
                try (var keepsTheJournal = two.read(one.contextId(), 0);
                        var slow = two.read(one.contextId(), 0)) {
                    Sent other = two.send(
                            Send.task(ME, null, Message.user("m2", "two").in(one.contextId(), null)));
                    await().atMost(Duration.ofSeconds(20))
                            .until(() -> fresh.<Boolean>read(
                                    one.contextId(),
                                    r -> r.tasks(one.contextId()).stream().allMatch(t -> t.merged())));
                    long last = two.task(ME, one.taskId()).offset();
                    var seen = new ArrayList<dev.millrace.core.Journal.Entry<Event>>();
                    while (slow.position() < last) {
                        seen.addAll(slow.take(1));
                    }
                    for (Sent each : List.of(one, other)) {
                        assertThat(answer(fold(seen, each.taskId())))
                                .as("with a tail of %d bytes", tail)
                                .isEqualTo("0 1 2 3 4 5 ");
                    }
                    assertThat(keepsTheJournal.position()).isZero();
                }
            }
        }
    }

    /** Waits until the task's chunks were merged. */
    private void merged(Sent sent) {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> store.<Boolean>read(
                        sent.contextId(), r -> r.task(sent.taskId()).merged()));
    }

    @Test
    void chunks_said_before_a_question_are_merged_too_when_the_answer_makes_none() throws Exception {
        start(turn -> {
            if (turn.message().text().equals("paint")) {
                turn.say("let ");
                turn.say("me ");
                turn.say("see");
                turn.ask("which colour?");
            }
        });
        Sent asked = chat("paint");
        readUntil(asked, 0, TaskState.INPUT_REQUIRED);
        readToEnd(answer(asked, "red"), 0);
        merged(asked);
        List<Event.Kind> kinds = store.<List<Event.Kind>>read(
                asked.contextId(),
                r -> r.eventsOf(r.task(asked.taskId())).stream()
                        .map(e -> e.event().kind())
                        .toList());
        assertThat(kinds).doesNotContain(Event.Kind.CHUNK).contains(Event.Kind.ARTIFACT);
        assertThat(answer(task(asked))).isEqualTo("let me see");
    }

    @Test
    void what_several_threads_say_at_once_is_all_there_each_in_its_own_order() throws Exception {
        int threads = 4;
        int each = 400;
        start(turn -> {
            var all = new ArrayList<Thread>();
            for (int t = 0; t < threads; t++) {
                int name = t;
                all.add(Thread.startVirtualThread(() -> {
                    for (int i = 0; i < each; i++) {
                        turn.say(name + ":" + i + " ");
                    }
                }));
            }
            for (Thread thread : all) {
                thread.join();
            }
        });
        String[] words = answer(ended(chat("x"))).split(" ", -1);
        for (int t = 0; t < threads; t++) {
            String mine = t + ":";
            assertThat(List.of(words).stream().filter(w -> w.startsWith(mine)))
                    .containsExactlyElementsOf(
                            IntStream.range(0, each).mapToObj(i -> mine + i).toList());
        }
    }

    @Test
    void an_agent_faster_than_a_store_that_is_held_up_waits_and_loses_nothing() throws Exception {
        var held = new HeldStore(store);
        store = held;
        var said = new AtomicInteger();
        int words = Turn.PENDING_EVENTS + 500;
        start(turn -> {
            held.hold();
            for (int i = 0; i < words; i++) {
                turn.say("w");
                said.incrementAndGet();
            }
        });
        Sent sent = chat("x");
        await().atMost(Duration.ofSeconds(20)).until(() -> said.get() >= Turn.PENDING_EVENTS);
        // One event is on its way and the rest of what may wait has gathered; the next one blocks.
        await().during(Duration.ofMillis(50)).until(() -> said.get() <= Turn.PENDING_EVENTS + 1);
        held.letGo();
        assertThat(answer(ended(sent))).isEqualTo("w".repeat(words));
    }

    @Test
    void what_is_said_after_the_agent_returned_is_refused() throws Exception {
        var kept = new AtomicReference<Turn>();
        start(turn -> {
            kept.set(turn);
            turn.say("in time");
        });
        Sent sent = chat("x");
        readToEnd(sent, 0);
        assertThatThrownBy(() -> kept.get().say("too late")).isInstanceOf(TurnLost.class);
        assertThat(answer(task(sent))).isEqualTo("in time");
    }

    @Test
    void an_agent_that_ignores_its_cancel_is_fenced_and_the_chat_goes_on() throws Exception {
        var release = new CountDownLatch(1);
        var outcome = new CompletableFuture<Throwable>();
        start(turn -> {
            if (turn.message().text().equals("hello")) {
                turn.say("hi");
                return;
            }
            turn.say("half");
            turn.flush();
            reached.release();
            boolean waiting = true;
            while (waiting) {
                try {
                    release.await();
                    waiting = false;
                } catch (InterruptedException e) {
                    // on purpose
                }
            }
            try {
                turn.say(" more");
                outcome.complete(null);
            } catch (RuntimeException e) {
                outcome.complete(e);
            }
        });
        Sent sent = chat("work");
        reached.acquire();
        Sent queued = next(sent, "hello");
        engine.cancel(ME, sent.taskId());
        assertThat(answer(ended(queued))).isEqualTo("hi");
        release.countDown();
        assertThat(outcome.get()).isInstanceOf(TurnLost.class);
        assertThat(answer(task(sent))).isEqualTo("half");
        assertThat(state(sent)).isEqualTo(TaskState.CANCELED);
        Consistency.check(store, ME);
    }

    @Test
    void every_throwable_fails_the_task_and_frees_its_place() throws Exception {
        List<Throwable> thrown = List.of(
                new AssertionError("an assertion"),
                new StackOverflowError(),
                new NoClassDefFoundError("a/Class"),
                new OutOfMemoryError("pretended"),
                new java.util.ServiceConfigurationError("no service"),
                new java.io.IOException("a file"),
                new InterruptedException("by itself"));
        var which = new AtomicInteger();
        start(turn -> sneak(thrown.get(which.get())), EngineSettings.defaults().withMaxTurns(1));
        for (int i = 0; i < thrown.size(); i++) {
            which.set(i);
            Task task = ended(chat("x"));
            assertThat(task.status().state()).as("%s", thrown.get(i)).isEqualTo(TaskState.FAILED);
            assertThat(reason(task)).isNotBlank();
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable t) throws T {
        throw (T) t;
    }

    @Test
    void a_turn_lost_that_is_not_this_turns_fails_the_task() throws Exception {
        start(turn -> {
            throw new TurnLost("of another turn, say");
        });
        assertThat(ended(chat("x")).status().state()).isEqualTo(TaskState.FAILED);
    }

    @Test
    void an_agent_that_interrupts_itself_still_ends_its_task() throws Exception {
        var self = new AtomicReference<Thread>();
        start(turn -> {
            self.set(Thread.currentThread());
            turn.say("a");
            Thread.currentThread().interrupt();
        });
        Sent sent = chat("x");
        assertThat(answer(ended(sent))).isEqualTo("a");
        assertThat(state(sent)).isEqualTo(TaskState.COMPLETED);
    }

    @Test
    void a_thread_of_the_agents_that_interrupts_late_does_not_keep_the_end_from_being_stored() throws Exception {
        var held = new HeldStore(store);
        store = held;
        var self = new AtomicReference<Thread>();
        start(turn -> {
            self.set(Thread.currentThread());
            held.hold();
        });
        Sent sent = chat("x");
        await().atMost(Duration.ofSeconds(20)).until(() -> held.waiting() > 0);
        self.get().interrupt();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> self.get().getState() == Thread.State.WAITING
                        || !self.get().isAlive());
        held.letGo();
        readToEnd(sent, 0);
        assertThat(state(sent)).isEqualTo(TaskState.COMPLETED);
        await().atMost(Duration.ofSeconds(20)).until(() -> engine.runningTurns() == 0);
    }

    @Test
    void a_part_of_the_answer_that_could_not_be_stored_fails_the_task_instead_of_vanishing() throws Exception {
        var full = new AtomicBoolean();
        store = new FailingStore(store, full::get);
        start(turn -> {
            turn.say("first ");
            turn.flush();
            full.set(true);
            turn.say("second ");
            full.set(waitForFailure(turn));
        });
        Sent sent = chat("x");
        Task task = ended(sent);
        assertThat(task.status().state()).isEqualTo(TaskState.FAILED);
        assertThat(reason(task)).contains("stored");
        assertThat(answer(task)).isEqualTo("first ");
    }

    @Test
    void a_turn_waits_for_a_store_that_can_not_be_read_just_now() throws Exception {
        var readings = new AtomicInteger();
        var unreadable = new AtomicBoolean();
        Store real = store;
        store = new Store() {
            @Override
            public <R> CompletableFuture<R> submit(
                    String contextId, Durability durability, Function<Reader, Write<R>> decide) {
                return real.submit(contextId, durability, decide);
            }

            @Override
            public <R> R read(String contextId, Function<Reader, R> query) throws InterruptedException {
                if (unreadable.get() && readings.incrementAndGet() > 0) {
                    throw new StoreFailure("nobody answers");
                }
                return real.read(contextId, query);
            }

            @Override
            public void close() {
                real.close();
            }
        };
        start(turn -> {
            if (turn.message().text().equals("one")) {
                reached.release();
                go.acquire();
                return;
            }
            echo(turn);
        });
        Sent first = chat("one");
        Sent second = next(first, "two");
        reached.acquire();
        unreadable.set(true);
        go.release();
        await().atMost(Duration.ofSeconds(20)).until(() -> readings.get() > 2);
        unreadable.set(false);
        await().atMost(Duration.ofSeconds(20)).until(() -> state(second) == TaskState.COMPLETED);
        assertThat(answer(task(second))).isEqualTo("two");
    }

    /** False, once a flush has failed. The agent pretends not to have noticed. */
    private static boolean waitForFailure(Turn turn) throws InterruptedException {
        try {
            turn.flush();
        } catch (IllegalStateException e) {
            assertThat(e).hasMessageContaining("no room");
            return false;
        }
        throw new AssertionError("the flush should have failed");
    }

    @Test
    void an_observer_that_throws_harms_nobody() throws Exception {
        var broken = new Observer() {
            @Override
            public void sent(long nanos) {
                throw new IllegalStateException("sent");
            }

            @Override
            public void started(String taskId, long nanos) {
                throw new IllegalStateException("started");
            }

            @Override
            public void firstChunk(String taskId) {
                throw new IllegalStateException("firstChunk");
            }

            @Override
            public void ended(String taskId, TaskState state, long nanos) {
                throw new IllegalStateException("ended");
            }
        };
        start(
                turn -> {
                    for (int i = 0; i < 100; i++) {
                        turn.say("w");
                    }
                    turn.flush();
                },
                EngineSettings.defaults().withObserver(broken).withMaxTurns(1));
        assertThat(answer(ended(chat("x")))).isEqualTo("w".repeat(100));
        assertThat(answer(ended(chat("y")))).isEqualTo("w".repeat(100));
    }

    @Test
    void an_action_on_cancel_that_throws_keeps_no_other_from_running() throws Exception {
        var second = new CountDownLatch(1);
        start(turn -> {
            turn.onCancel(() -> {
                throw new IllegalStateException("on purpose");
            });
            turn.onCancel(second::countDown);
            gated(turn);
        });
        Sent sent = chat("x");
        reached.acquire();
        engine.cancel(ME, sent.taskId());
        second.await();
    }

    @Test
    void the_attempt_is_the_first_again_for_the_answer_to_a_question() throws Exception {
        List<Integer> attempts = Collections.synchronizedList(new ArrayList<>());
        start(turn -> {
            attempts.add(turn.attempt());
            if (attempts.size() == 1) {
                turn.askForAuth("who are you?");
            } else {
                turn.reject("no");
            }
        });
        Sent asked = chat("x");
        readUntil(asked, 0, TaskState.AUTH_REQUIRED);
        Task task = ended(answer(asked, "me"));
        assertThat(task.status().state()).isEqualTo(TaskState.REJECTED);
        assertThat(reason(task)).isEqualTo("no");
        assertThat(attempts).containsExactly(1, 1);
        Consistency.check(store, ME);
    }
}
