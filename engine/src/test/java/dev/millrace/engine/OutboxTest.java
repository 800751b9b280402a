package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.Write;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The order of a turn's events, however its commits and its agent's calls fall together. */
@Timeout(60)
class OutboxTest extends WithEngine {
    /** Runs something on the submitting thread just before the n-th chunk is handed to the store. */
    private static final class Nosy implements Store {
        private final Store store = new MemoryStore();
        private final AtomicInteger written = new AtomicInteger();
        private volatile java.util.function.IntConsumer before = n -> {};

        @Override
        public <R> CompletableFuture<R> submit(
                String contextId, Durability durability, Function<Reader, Write<R>> decide) {
            if (durability == Durability.WRITTEN) {
                before.accept(written.incrementAndGet());
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

    private final Nosy nosy = new Nosy();

    @BeforeEach
    void open() {
        store = nosy;
    }

    @Test
    void a_store_that_commits_at_once_and_a_second_thread_that_keeps_talking_use_no_stack() throws Exception {
        int batches = 20_000;
        start(turn -> {
            // While each batch is handed over, one more event gathers, so that there is always a next batch.
            nosy.before = n -> {
                if (n < batches) {
                    var talking = Thread.ofVirtual().start(() -> turn.say("w"));
                    try {
                        talking.join();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                }
            };
            turn.say("w");
            turn.flush();
        });
        Task task = ended(chat("x"));
        assertThat(task.status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(answer(task)).hasSize(batches);
    }

    @Test
    void an_agent_that_returns_while_a_batch_is_being_handed_over_does_not_overtake_it() throws Exception {
        var handing = new CountDownLatch(1);
        var returning = new CountDownLatch(1);
        var other = new AtomicReference<Thread>();
        start(turn -> {
            nosy.before = n -> {
                if (n == 1) {
                    handing.countDown();
                    try {
                        returning.await();
                        // The agent's thread is now in, or on its way to, its end. It must wait for this batch there.
                        Thread agent = other.get();
                        while (agent.isAlive() && agent.getState() != Thread.State.WAITING) {
                            Thread.onSpinWait();
                        }
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                }
            };
            other.set(Thread.currentThread());
            Thread.ofVirtual().start(() -> turn.say("one "));
            handing.await();
            turn.say("two");
            returning.countDown();
        });
        Task task = ended(chat("x"));
        assertThat(task.status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(answer(task)).isEqualTo("one two");
    }
}
