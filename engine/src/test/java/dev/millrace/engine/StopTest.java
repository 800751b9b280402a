package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Cursor;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.Write;
import dev.millrace.engine.store.sqlite.FreshFolder;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How an engine stops, and what the next one finds. */
@Timeout(60)
class StopTest extends WithEngine {
    @TempDir
    Path folder;

    private final List<Integer> attempts = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void open() {
        store = SqliteStore.open(FreshFolder.in(folder));
    }

    private void startAgain(Agent agent) throws InterruptedException {
        store = SqliteStore.open(FreshFolder.in(folder));
        start(agent);
    }

    private void counted(Turn turn) {
        attempts.add(turn.attempt());
        turn.say("whole");
    }

    @Test
    void turns_that_end_within_the_drain_are_finished() throws Exception {
        start(this::gated);
        Sent sent = chat("x");
        reached.acquire();
        var stopped = CompletableFuture.runAsync(() -> engine.stop(Duration.ofSeconds(30)));
        await().atMost(Duration.ofSeconds(20)).until(this::refuses);
        go.release();
        stopped.get();
        startAgain(this::counted);
        assertThat(state(sent)).isEqualTo(TaskState.COMPLETED);
        assertThat(answer(task(sent))).isEqualTo("first second");
        assertThat(attempts).isEmpty();
    }

    private boolean refuses() {
        try {
            chat("late");
            return false;
        } catch (Refused refused) {
            return refused.reason() == Refused.Reason.UNAVAILABLE;
        }
    }

    @Test
    void what_is_interrupted_is_taken_up_by_the_next_engine_as_if_never_tried() throws Exception {
        start(this::gated);
        Sent sent = chat("x");
        reached.acquire();
        engine.stop(Duration.ZERO);
        startAgain(this::counted);
        Task task = ended(sent);
        assertThat(answer(task)).as("replaces the half-written answer").isEqualTo("whole");
        assertThat(attempts).containsExactly(1);
        Consistency.check(store, ME);
    }

    @Test
    void an_agent_that_sees_the_stop_and_returns_early_is_not_taken_for_done() throws Exception {
        start(turn -> {
            turn.say("half ");
            turn.flush();
            reached.release();
            while (!turn.cancelled()) {
                try {
                    go.acquire();
                } catch (InterruptedException e) {
                    return; // a polite agent
                }
            }
        });
        Sent sent = chat("x");
        reached.acquire();
        engine.stop(Duration.ZERO);
        startAgain(this::counted);
        assertThat(answer(ended(sent))).isEqualTo("whole");
        assertThat(attempts).containsExactly(1);
    }

    @Test
    void an_agent_that_does_not_notice_the_stop_and_finishes_is_done() throws Exception {
        start(turn -> {
            turn.say("first ");
            reached.release();
            while (!Thread.currentThread().isInterrupted()) {
                LockSupport.park();
            }
            turn.say("second");
        });
        Sent sent = chat("x");
        reached.acquire();
        engine.stop(Duration.ZERO);
        startAgain(this::counted);
        assertThat(state(sent)).isEqualTo(TaskState.COMPLETED);
        assertThat(answer(task(sent))).isEqualTo("first second");
        assertThat(attempts).isEmpty();
    }

    @Test
    void a_turn_that_ignores_the_stop_is_handed_back_too() throws Exception {
        var free = new Semaphore(0);
        start(turn -> {
            turn.say("half");
            turn.flush();
            reached.release();
            free.acquireUninterruptibly();
        });
        Sent sent = chat("x");
        reached.acquire();
        engine.stop(Duration.ZERO);
        startAgain(this::counted);
        try {
            assertThat(answer(ended(sent))).isEqualTo("whole");
            assertThat(attempts).containsExactly(1);
        } finally {
            free.release();
        }
    }

    @Test
    void a_turn_that_returns_while_it_is_handed_back_has_not_failed() throws Exception {
        var free = new Semaphore(0);
        var overtaken = new Overtaken(store, free);
        store = overtaken;
        start(turn -> {
            turn.say("half");
            turn.flush();
            reached.release();
            free.acquireUninterruptibly();
        });
        Sent sent = chat("x");
        reached.acquire();
        overtaken.slow = Thread.currentThread();
        engine.stop(Duration.ZERO);
        startAgain(this::counted);
        assertThat(answer(ended(sent))).isEqualTo("whole");
        assertThat(attempts).containsExactly(1);
    }

    /** What its slow thread submits comes behind what the agent that it lets go does. */
    private static final class Overtaken implements Store {
        private final Store store;
        private final Semaphore free;
        private final CountDownLatch overtaken = new CountDownLatch(1);
        volatile Thread slow;

        Overtaken(Store store, Semaphore free) {
            this.store = store;
            this.free = free;
        }

        @Override
        public <R> CompletableFuture<R> submit(
                String contextId, Durability durability, Function<Reader, Write<R>> decide) {
            if (Thread.currentThread() != slow) {
                return store.submit(contextId, durability, decide).whenComplete((result, failure) -> {
                    if (slow != null) {
                        overtaken.countDown();
                    }
                });
            }
            free.release();
            try {
                overtaken.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return store.submit(contextId, durability, decide);
        }

        @Override
        public <R> R read(String contextId, Function<Reader, R> query) throws InterruptedException {
            return store.read(contextId, query);
        }

        @Override
        public void close() {
            store.close();
        }
    }

    @Test
    void a_turn_whose_lease_is_being_committed_during_the_stop_is_stopped_too() throws Exception {
        var decided = new CountDownLatch(1);
        var commit = new CountDownLatch(1);
        Store real = store;
        store = new SlowCommit(real, decided, commit);
        var interrupted = new AtomicBoolean();
        start(turn -> {
            try {
                go.acquire();
            } catch (InterruptedException e) {
                interrupted.set(true);
                throw e;
            }
        });
        var sent = new CompletableFuture<Sent>();
        Thread.ofVirtual().start(() -> sent.complete(chat("x")));
        decided.await(); // the place is taken, and there is no turn yet
        Thread stopping = Thread.ofPlatform().start(() -> engine.stop(Duration.ZERO));
        // It has told every turn that there is, and waits for the place that is taken.
        await().atMost(Duration.ofSeconds(20)).until(() -> stopping.getState() == Thread.State.TIMED_WAITING);
        commit.countDown();
        stopping.join();
        assertThat(interrupted).isTrue();
        startAgain(this::counted);
        assertThat(answer(ended(sent.get()))).isEqualTo("whole");
        assertThat(attempts).as("as if never tried").containsExactly(1);
    }

    /** The first commit of this store takes its time, after the decision. */
    private record SlowCommit(Store store, CountDownLatch decided, CountDownLatch commit) implements Store {
        @Override
        public <R> CompletableFuture<R> submit(
                String contextId, Durability durability, Function<Reader, Write<R>> decide) {
            return store.submit(contextId, durability, reader -> {
                Write<R> write = decide.apply(reader);
                decided.countDown();
                try {
                    commit.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                return write;
            });
        }

        @Override
        public <R> R read(String contextId, Function<Reader, R> query) throws InterruptedException {
            return store.read(contextId, query);
        }

        @Override
        public void close() {
            store.close();
        }
    }

    @Test
    void what_waited_in_line_is_started_by_the_next_engine() throws Exception {
        start(this::gated, EngineSettings.defaults().withMaxTurns(1));
        Sent running = chat("a");
        reached.acquire();
        Sent queued = next(running, "b");
        Sent other = chat("c");
        engine.stop(Duration.ZERO);
        startAgain(this::counted);
        for (Sent each : List.of(running, queued, other)) {
            assertThat(answer(ended(each))).isEqualTo("whole");
        }
        assertThat(attempts).containsExactly(1, 1, 1);
    }

    @Test
    void stopping_ends_every_reader_and_later_ones_too() throws Exception {
        start(WithEngine::echo);
        Sent sent = chat("x");
        long last;
        try (Cursor<Event> early =
                engine.read(sent.contextId(), readToEnd(sent, 0).getLast().offset())) {
            // What is said while it is there: from then on it waits for the journal, and asks the store no more.
            last = readToEnd(next(sent, "y"), early.position()).getLast().offset();
            while (early.position() < last) {
                early.take(32);
            }
            var ended = CompletableFuture.supplyAsync(() -> {
                try {
                    return early.take(1).isEmpty() && early.ended();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            engine.stop(Duration.ZERO);
            assertThat(ended.get()).isTrue();
        }
        try (Cursor<Event> late = engine.read(sent.contextId(), last)) {
            assertThatThrownBy(() -> {
                        if (late.take(1).isEmpty() && late.ended()) {
                            throw new IllegalStateException("ended");
                        }
                    })
                    .isInstanceOf(RuntimeException.class);
        }
    }

    @Test
    void a_stopped_engine_is_unavailable_and_stopping_again_does_nothing() throws Exception {
        start(WithEngine::echo);
        Sent sent = chat("x");
        readToEnd(sent, 0);
        engine.stop(Duration.ofSeconds(5));
        engine.stop(Duration.ofSeconds(5));
        engine.close();
        assertThatThrownBy(() -> chat("y"))
                .isInstanceOfSatisfying(
                        Refused.class, r -> assertThat(r.reason()).isEqualTo(Refused.Reason.UNAVAILABLE));
        assertThatThrownBy(() -> task(sent))
                .isInstanceOfSatisfying(
                        Refused.class, r -> assertThat(r.reason()).isEqualTo(Refused.Reason.UNAVAILABLE));
        assertThatThrownBy(() -> engine.cancel(ME, sent.taskId())).isInstanceOf(Refused.class);
    }

    @Test
    void an_interrupted_stop_still_stops_everything() throws Exception {
        start(this::gated);
        chat("x");
        reached.acquire();
        Thread.currentThread().interrupt();
        engine.stop(Duration.ofSeconds(30));
        assertThat(Thread.interrupted())
                .as("the caller's interrupt is kept for the caller")
                .isTrue();
        assertThat(threads()).isEmpty();
        SqliteStore.open(FreshFolder.in(folder)).close(); // the folder is free
    }

    @Test
    void nothing_of_a_closed_engine_runs_on() throws Exception {
        store.close();
        var before = threads();
        for (int i = 0; i < 3; i++) {
            startAgain(WithEngine::echo);
            readToEnd(chat("x"), 0);
            engine.close();
        }
        assertThat(threads()).isEqualTo(before);
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().startsWith("millrace-") && t.isAlive())
                .collect(Collectors.toSet());
    }
}
