package dev.millrace.engine.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Cursor;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Context;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.Event;
import dev.millrace.engine.Refused;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.Write;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.TaskState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What may happen while the disk works, and what waits for it. */
@Timeout(60)
class SqliteSyncTest {
    @TempDir
    Path folder;

    /** A disk that takes its time, and may fail. */
    private static final class Disk extends WalFile {
        private final Semaphore asked = new Semaphore(0);
        private final Semaphore done = new Semaphore(0);
        private final AtomicBoolean fails = new AtomicBoolean();
        private volatile boolean held;

        Disk(Path database) throws IOException {
            super(database);
        }

        void goOn() {
            held = false;
            done.release(100);
        }

        @Override
        void sync() throws IOException {
            if (held) {
                asked.release();
                try {
                    done.acquire();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
            if (fails.get()) {
                throw new IOException("Input/output error");
            }
            super.sync();
        }
    }

    /** Ends what a test has the disk do, so that the store can be closed. */
    private interface Working extends AutoCloseable {
        @Override
        void close();
    }

    private final CompletableFuture<Disk> disk = new CompletableFuture<>();

    private Store open() {
        return SqliteStore.open(folder, database -> {
            var opened = new Disk(database);
            disk.complete(opened);
            return opened;
        });
    }

    private static Send chat(String text) {
        return Send.chat("me", "a", Message.user("m-" + text, text), null);
    }

    /** Until it waits for something: a thread that has gone on instead never will. */
    private static void awaitWaiting(Thread thread) {
        await().atMost(Duration.ofSeconds(30)).until(() -> thread.getState() == Thread.State.WAITING);
    }

    @Test
    void an_agent_starts_while_the_disk_works_and_all_that_others_see_of_it_waits() throws Exception {
        var heard = new CompletableFuture<String>();
        var sent = new CompletableFuture<Sent>();
        var read = new CompletableFuture<String>();
        var asked = new CountDownLatch(1);
        Store store = open();
        try (var engine = new Engine(
                store,
                AgentCatalog.of("a", turn -> {
                    heard.complete(turn.message().text());
                    turn.say("an answer");
                }),
                EngineSettings.defaults())) {
            engine.start();
            disk.join().held = true;

            Thread sender = Thread.ofVirtual().start(() -> sent.complete(engine.send(chat("hello"))));
            assertThat(heard.get())
                    .as("what the agent was asked, before the disk has it")
                    .isEqualTo("hello");
            disk.join().asked.acquire();
            Thread reader = Thread.ofVirtual().start(() -> {
                try {
                    read.complete(store.<String>read(null, view -> {
                        Context there = view.contexts("me", 1, null).items().getFirst();
                        asked.countDown();
                        return there.id();
                    }));
                } catch (InterruptedException e) {
                    read.completeExceptionally(e);
                }
            });
            asked.await();
            awaitWaiting(sender);
            awaitWaiting(reader);
            assertThat(sent).isNotDone();
            assertThat(read)
                    .as("what was read is not told before it is on the disk")
                    .isNotDone();

            disk.join().goOn();
            String contextId = sent.get().contextId();
            assertThat(read.get()).isEqualTo(contextId);
            try (Cursor<Event> cursor = engine.read(contextId, 0)) {
                var kinds = new ArrayList<Event.Kind>();
                while (!kinds.contains(Event.Kind.CHUNK)) {
                    cursor.take(10).forEach(entry -> kinds.add(entry.event().kind()));
                }
                assertThat(kinds.getFirst()).isEqualTo(Event.Kind.TASK);
            }
        }
    }

    @Test
    void a_disk_that_fails_ends_all_writing_and_nothing_it_may_have_lost_is_acknowledged_or_told() throws Exception {
        String kept;
        try (Store store = open();
                var engine = new Engine(
                        store, AgentCatalog.of("a", turn -> turn.say("an answer")), EngineSettings.defaults())) {
            engine.start();
            kept = engine.send(chat("before")).contextId();
            disk.join().fails.set(true);

            assertThatThrownBy(() -> engine.send(chat("lost"))).isInstanceOf(Refused.class);
            disk.join().fails.set(false);
            assertThatThrownBy(() -> engine.send(chat("after")))
                    .as("what the disk says now is no longer believed")
                    .isInstanceOf(Refused.class);
            assertThatThrownBy(() -> store.<Boolean>read(null, view -> true))
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageContaining("Start it again when the disk is well");
        }
        try (Store store = SqliteStore.open(folder)) {
            assertThat(store.<Context>read(kept, view -> view.context(kept))).isNotNull();
        }
    }

    @Test
    void what_writes_nothing_does_not_wait_for_the_disk() throws Exception {
        try (Store store = open()) {
            disk.join().fails.set(true);
            assertThat(store.submit("c", Durability.FSYNCED, view -> Write.nothing("nothing"))
                            .get())
                    .isEqualTo("nothing");
        }
    }

    private static Write<String> made(String contextId) {
        return new Write<>(
                contextId,
                new Context(contextId, "me", "a", null, Context.Concurrency.SERIAL, Instant.EPOCH, Instant.EPOCH, 0),
                List.of(),
                List.of(),
                List.of(),
                null,
                () -> {},
                () -> {});
    }

    @Test
    void what_needs_no_disk_waits_for_nobody_elses_and_in_its_own_context_stands_behind() throws Exception {
        try (Store store = open();
                Working _ = disk.join()::goOn) {
            disk.join().held = true;
            CompletableFuture<String> message = store.submit("one", Durability.FSYNCED, view -> made("one"));
            disk.join().asked.acquire();

            assertThat(store.submit("two", Durability.WRITTEN, view -> made("two"))
                            .get())
                    .as("another context's")
                    .isEqualTo("two");
            var behind = List.of(
                    store.submit("one", Durability.WRITTEN, view -> made("one")),
                    store.submit("one", Durability.FSYNCED, view -> Write.nothing("it is there already")),
                    store.<String>submit("one", Durability.FSYNCED, view -> {
                        throw new IllegalStateException("it is there already");
                    }));
            CompletableFuture<Void> first = CompletableFuture.anyOf(behind.toArray(CompletableFuture[]::new))
                    .handle((told, error) -> {
                        assertThat(message).as("is told first").isCompletedWithValue("one");
                        return null;
                    });
            store.submit("three", Durability.WRITTEN, view -> made("three")).get(); // so all of these were decided
            assertThat(message).isNotDone();
            assertThat(behind).noneMatch(CompletableFuture::isDone);

            disk.join().goOn();
            first.get();
            assertThat(behind.get(0).get()).isEqualTo("one");
            assertThat(behind.get(1).get()).isEqualTo("it is there already");
            assertThatThrownBy(behind.get(2)::get).hasRootCauseInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void a_disk_that_fails_takes_with_it_what_was_committed_behind() throws Exception {
        try (Store store = open();
                Working _ = disk.join()::goOn) {
            disk.join().held = true;
            disk.join().fails.set(true);
            CompletableFuture<String> message = store.submit("one", Durability.FSYNCED, view -> made("one"));
            disk.join().asked.acquire();
            CompletableFuture<String> chunk = store.submit("one", Durability.WRITTEN, view -> made("one"));
            CompletableFuture<String> next = store.submit("two", Durability.FSYNCED, view -> made("two"));
            store.submit("three", Durability.WRITTEN, view -> made("three")).get();

            disk.join().goOn();
            for (CompletableFuture<String> each : List.of(message, chunk, next)) {
                assertThatThrownBy(each::get).hasCauseInstanceOf(StoreFailure.class);
            }
        }
    }

    @Test
    void an_agent_knows_what_was_said_before_while_the_disk_works_on_its_message() throws Exception {
        var told = new CompletableFuture<Integer>();
        try (Store store = open();
                var engine = new Engine(
                        store,
                        AgentCatalog.of("a", turn -> {
                            if (turn.message().text().equals("two")) {
                                told.complete(turn.history().size());
                            }
                            turn.say("an answer");
                        }),
                        EngineSettings.defaults());
                Working _ = disk.join()::goOn) {
            engine.start();
            Sent one = engine.send(chat("one"));
            await().atMost(Duration.ofSeconds(30)).until(() -> engine.runningTurns() == 0);
            disk.join().held = true;
            var two = new CompletableFuture<Sent>();
            Thread.startVirtualThread(() -> two.complete(
                    engine.send(Send.next("me", Message.user("m-two", "two").in(one.contextId(), null)))));
            disk.join().asked.acquire();
            assertThat(told.get()).isEqualTo(2); // for ever, if it waits for the disk
            assertThat(two).isNotDone();
            disk.join().goOn();
            assertThat(two.get().contextId()).isEqualTo(one.contextId());
        }
    }

    @Test
    void what_is_there_for_one_answer_alone_never_waits_for_the_disk() throws Exception {
        try (Store store = open();
                var engine = new Engine(
                        store, AgentCatalog.of("a", turn -> turn.say("an answer")), EngineSettings.defaults())) {
            engine.start();
            disk.join().fails.set(true); // so that whatever waits for it fails
            Sent sent = engine.send(chat("hello").unacknowledged());
            try (Cursor<Event> cursor = engine.read(sent.contextId(), 0)) {
                var states = new ArrayList<TaskState>();
                while (!states.contains(TaskState.COMPLETED)) {
                    cursor.take(10).forEach(entry -> states.add(entry.event().state()));
                }
            }
            engine.chats().delete("me", sent.contextId());
            assertThat(engine.context("me", sent.contextId())).isEmpty();
        }
    }

    @Test
    void what_stands_behind_a_message_that_is_on_the_disk_does_not_wait_for_what_comes_after() throws Exception {
        try (Store store = open();
                Working _ = disk.join()::goOn) {
            disk.join().held = true;
            CompletableFuture<String> message = store.submit("one", Durability.FSYNCED, view -> made("one"));
            disk.join().asked.acquire();
            CompletableFuture<String> others = store.submit("two", Durability.FSYNCED, view -> made("two"));
            CompletableFuture<String> chunk = store.submit("one", Durability.WRITTEN, view -> made("one"));
            CompletableFuture<String> end = store.submit("one", Durability.FSYNCED, view -> made("one"));
            CompletableFuture<String> next = store.submit("one", Durability.WRITTEN, view -> made("one"));
            store.submit("three", Durability.WRITTEN, view -> made("three")).get(); // so all of these were committed

            disk.join().done.release(); // once
            assertThat(chunk.get()).isEqualTo("one");
            assertThat(message).isCompletedWithValue("one");
            disk.join().asked.acquire();
            assertThat(others).isNotDone();
            assertThat(end).isNotDone();
            assertThat(next).isNotDone();
            disk.join().goOn();
            assertThat(next.get()).isEqualTo("one");
            assertThat(end).isCompletedWithValue("one");
        }
    }
}
