package dev.millrace.engine.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.engine.Context;
import dev.millrace.engine.Event;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreContract;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.TaskState;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryStoreTest extends StoreContract {
    @Override
    protected Store open() {
        return new MemoryStore();
    }

    @Override
    protected int listings() {
        return 5_000;
    }

    private void move(String contextId, TaskState to) throws Exception {
        store.submit(contextId, Durability.FSYNCED, reader -> {
                    TaskRecord task = reader.task(contextId + "-1");
                    return write(
                            true,
                            context(contextId, OWNER, Context.Concurrency.SERIAL, T0, 1),
                            List.of(task.withState(to, T0)),
                            List.of(),
                            () -> {});
                })
                .get();
    }

    private long contexts() throws InterruptedException {
        return store.<Long>read(null, reader -> reader.contexts(OWNER, 1, null).total());
    }

    private boolean has(String contextId) throws InterruptedException {
        return store.<Boolean>read(contextId, reader -> reader.context(contextId) != null);
    }

    @Test
    void past_its_bound_the_longest_quiet_context_is_forgotten_with_all_that_belongs_to_it() throws Exception {
        store = new MemoryStore(3, Long.MAX_VALUE);
        for (int i = 0; i < 10; i++) {
            make("c" + i, OWNER, Context.Concurrency.SERIAL, T0.plusSeconds(i), TaskState.COMPLETED);
        }
        assertThat(contexts()).isEqualTo(3);
        assertThat(has("c9")).isTrue();
        assertThat(has("c6")).isFalse();
        assertThat(store.<Boolean>read(null, reader -> reader.task("c0-1") == null))
                .isTrue();
        assertThat(store.<Boolean>read(null, reader -> reader.task("c9-1") != null))
                .isTrue();
    }

    @Test
    void past_its_bytes_the_longest_quiet_contexts_are_forgotten_whose_words_take_the_room() throws Exception {
        var bounded = new MemoryStore(1_000, 1_000_000);
        store = bounded;
        for (int i = 0; i < 50; i++) {
            make("c" + i, OWNER, Context.Concurrency.SERIAL, T0.plusSeconds(i), TaskState.WORKING);
            say("c" + i, "x".repeat(100_000));
            move("c" + i, TaskState.COMPLETED);
            assertThat(has("c" + i)).as("what has just ended can still be read").isTrue();
            assertThat(bounded.bytes()).isLessThanOrEqualTo(1_000_000);
        }
        assertThat(contexts()).isBetween(5L, 9L);
        make("huge", OWNER, Context.Concurrency.SERIAL, T0.plusSeconds(60), TaskState.WORKING);
        say("huge", "x".repeat(2_000_000));
        move("huge", TaskState.COMPLETED);
        await("all go for one that fills the room alone").until(() -> contexts() == 1);
        make("next", OWNER, Context.Concurrency.SERIAL, T0.plusSeconds(61), TaskState.COMPLETED);
        assertThat(contexts()).isEqualTo(1);
        assertThat(bounded.bytes()).as("what went no longer counts").isLessThan(5_000);
    }

    @Test
    void a_little_before_its_bound_room_is_made_ahead_and_never_more_kept_than_the_bound() throws Exception {
        store = new MemoryStore(1_000, Long.MAX_VALUE);
        for (int i = 0; i < 2_000; i++) {
            make("c" + i, OWNER, Context.Concurrency.SERIAL, T0.plusSeconds(i), TaskState.COMPLETED);
            assertThat(contexts()).isLessThanOrEqualTo(1_000);
        }
        await("some more go than have to").until(() -> contexts() <= 1_000 - 7);
        assertThat(contexts()).isGreaterThan(900);
        assertThat(has("c1999")).isTrue();
        assertThat(has("c1900")).isTrue();
        assertThat(has("c1000")).isFalse();
    }

    private void say(String contextId, String text) throws Exception {
        store.submit(
                        contextId,
                        Durability.WRITTEN,
                        reader -> write(
                                true,
                                context(contextId, OWNER, Context.Concurrency.SERIAL, T0, 2),
                                List.of(),
                                List.of(event(2, contextId + "-1", Event.Kind.ARTIFACT, text)),
                                () -> {}))
                .get();
    }

    @Test
    void a_live_task_keeps_its_context_and_a_burst_over_the_bound_shrinks_again() throws Exception {
        store = new MemoryStore(3, Long.MAX_VALUE);
        for (int i = 0; i < 20; i++) {
            make("c" + i, OWNER, Context.Concurrency.SERIAL, T0, TaskState.WORKING);
        }
        assertThat(contexts()).as("all of them live").isEqualTo(20);
        for (int i = 0; i < 20; i++) {
            move("c" + i, TaskState.COMPLETED);
            assertThat(has("c" + i)).as("what has just ended can still be read").isTrue();
        }
        assertThat(contexts()).isLessThanOrEqualTo(4);
    }
}
