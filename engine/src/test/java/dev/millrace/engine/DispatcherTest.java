package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Pace;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.Write;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** No task stays in line while a place is free, however the taking and giving of places falls. */
@Timeout(60)
class DispatcherTest {
    private final Workers workers = new Workers(1);
    private final List<Lease> started = new CopyOnWriteArrayList<>();
    private final Script store = new Script();
    private final Journals journals = new Journals((contextId, after, max) -> List.of(), 1024);
    private Dispatcher dispatcher;

    /** A memory store that lets the test act before and after each look of the dispatcher. */
    private final class Script implements Store {
        private final Store store = new MemoryStore();
        private final AtomicInteger lists = new AtomicInteger();
        private volatile boolean scripted;

        @Override
        public <R> CompletableFuture<R> submit(
                String contextId, Durability durability, Function<Reader, Write<R>> decide) {
            boolean first = scripted && lists.get() == 1;
            if (first) {
                assertThat(workers.tryTake()).as("somebody else is faster").isTrue();
            }
            CompletableFuture<R> done = store.submit(contextId, durability, decide);
            if (first) {
                workers.giveBack(); // and is done already, but has not told the dispatcher yet
            }
            return done;
        }

        @Override
        public <R> R read(String contextId, Function<Reader, R> query) throws InterruptedException {
            if (scripted && lists.incrementAndGet() == 2) {
                dispatcher.placeFree(); // now it tells: just after the dispatcher has seen the free place by itself
            }
            return store.read(contextId, query);
        }

        @Override
        public void close() {
            store.close();
        }
    }

    @Test
    void a_place_that_is_taken_and_given_back_during_a_look_is_not_forgotten() throws Exception {
        var settings = EngineSettings.defaults();
        var ledger =
                new Ledger(store, settings, workers, journals, lease -> () -> started.add(lease), new Ledger.Line() {
                    @Override
                    public boolean othersWait() {
                        return dispatcher.othersWait();
                    }

                    @Override
                    public void leftWaiting() {
                        dispatcher.leftWaiting();
                    }

                    @Override
                    public void placeFree() {
                        dispatcher.placeFree();
                    }
                });
        dispatcher = new Dispatcher(store, ledger, workers, Pace.REAL);
        dispatcher.start();
        try {
            workers.tryTake();
            ledger.change("c", Durability.FSYNCED, draft -> newTask(draft)).get();
            assertThat(started).isEmpty();
            await().atMost(Duration.ofSeconds(20)).until(dispatcher::othersWait);
            store.scripted = true;
            workers.giveBack();
            dispatcher.placeFree();
            await().atMost(Duration.ofSeconds(20)).until(() -> started.size() == 1);
        } finally {
            dispatcher.stop();
        }
    }

    private static boolean newTask(Draft draft) {
        draft.create(new Context("c", "me", "a", null, Context.Concurrency.SERIAL, draft.now(), draft.now(), 0));
        long at = draft.append(Events.task(Task.of("t", "c", TaskStatus.of(TaskState.SUBMITTED, draft.now()))
                .withHistory(List.of(Message.user("m", "hello").in("c", "t")))));
        draft.put(new dev.millrace.engine.store.TaskRecord(
                "t", "c", "me", "a", TaskState.SUBMITTED, draft.now(), at, at, 0, null, 0, false));
        return true;
    }
}
