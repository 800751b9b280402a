package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.Write;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The order of a turn's events, however its commits and its agent's calls fall together. */
@Timeout(60)
class OutboxTest extends WithEngine {
    /** Runs something on the submitting thread just before a chunk is handed to the store, or as it is decided. */
    private static final class Nosy implements Store {
        private final Store store = new MemoryStore();
        private final AtomicInteger written = new AtomicInteger();
        private volatile IntConsumer before = n -> {};
        private volatile IntConsumer deciding = n -> {};

        @Override
        public <R> CompletableFuture<R> submit(
                String contextId, Durability durability, Function<Reader, Write<R>> decide) {
            if (durability != Durability.WRITTEN) {
                return store.submit(contextId, durability, decide);
            }
            int n = written.incrementAndGet();
            before.accept(n);
            return store.submit(contextId, durability, reader -> {
                deciding.accept(n);
                return decide.apply(reader);
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

    private final Nosy nosy = new Nosy();

    @BeforeEach
    void open() {
        store = nosy;
    }

    @Test
    void a_store_that_commits_at_once_and_threads_that_keep_talking_use_no_stack() throws Exception {
        int words = 3_000;
        var deepest = new AtomicInteger();
        nosy.before = n ->
                deepest.accumulateAndGet(StackWalker.getInstance().walk(frames -> (int) frames.count()), Math::max);
        start(turn -> {
            var talking = new ArrayList<Thread>();
            for (int t = 0; t < 4; t++) {
                var artifact = turn.artifact("a" + t);
                talking.add(Thread.ofVirtual().start(() -> {
                    for (int i = 0; i < words; i++) {
                        artifact.say(i + " ");
                    }
                }));
            }
            for (Thread thread : talking) {
                thread.join();
            }
        });
        Task task = ended(chat("x"));
        assertThat(task.status().state()).isEqualTo(TaskState.COMPLETED);
        String all = IntStream.range(0, words).mapToObj(i -> i + " ").collect(Collectors.joining());
        for (int t = 0; t < 4; t++) {
            assertThat(text(task, "a" + t)).isEqualTo(all);
        }
        assertThat(deepest.get()).as("frames on the stack").isBetween(1, 100);
    }

    @Test
    void an_agent_that_returns_while_a_batch_is_being_handed_over_does_not_overtake_it() throws Exception {
        var handing = new CountDownLatch(1);
        var returning = new CountDownLatch(1);
        var agent = new AtomicReference<Thread>();
        nosy.before = n -> {
            if (n == 1) {
                handing.countDown();
                awaitQuietly(returning);
                // The agent's thread is now on its way to its end. It must wait for this batch there, and not pass it.
                while (agent.get().isAlive() && agent.get().getState() != Thread.State.WAITING) {
                    LockSupport.parkNanos(100_000); // it may need the carrier that this thread is on
                }
            }
        };
        start(turn -> {
            agent.set(Thread.currentThread());
            Thread.ofVirtual().start(() -> turn.say("one"));
            handing.await();
            returning.countDown();
        });
        Task task = ended(chat("x"));
        assertThat(task.status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(answer(task)).isEqualTo("one");
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_batch_that_can_not_be_stored_takes_those_behind_it_with_it() throws Exception {
        var held = new HeldStore(nosy);
        store = held;
        nosy.deciding = n -> {
            if (n == 1) {
                throw new StoreFailure("no room for a moment");
            }
        };
        var returned = new CountDownLatch(1);
        start(turn -> {
            held.hold();
            turn.say("one "); // on its way
            turn.say("two"); // gathers, and is sent behind the first as the agent returns
            returned.countDown();
        });
        Sent sent = chat("x");
        returned.await();
        await().atMost(Duration.ofSeconds(20)).until(() -> held.waiting() == 3); // both batches and the end
        held.letGo();
        Task task = ended(sent);
        assertThat(task.status().state()).isEqualTo(TaskState.FAILED);
        assertThat(reason(task)).contains("no room for a moment");
        assertThat(answer(task)).as("no words with a hole before them").isEmpty();
    }
}
