package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.Journal;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Every state and transition through the real ledger into a real store. */
@ParameterizedClass
@EnumSource(Stores.class)
class LedgerTest {
    @Parameter
    Stores kind;

    @TempDir
    Path folder;

    private static final String OWNER = "me";

    /** How a task gets into each state. */
    private static final Map<TaskState, List<Transition>> WAYS = Map.of(
            TaskState.SUBMITTED, List.of(),
            TaskState.WORKING, List.of(Transition.ACQUIRE),
            TaskState.COMPLETED, List.of(Transition.ACQUIRE, Transition.FINISH),
            TaskState.FAILED, List.of(Transition.ACQUIRE, Transition.FAIL),
            TaskState.CANCELED, List.of(Transition.CANCEL),
            TaskState.REJECTED, List.of(Transition.ACQUIRE, Transition.REJECT),
            TaskState.INPUT_REQUIRED, List.of(Transition.ACQUIRE, Transition.ASK),
            TaskState.AUTH_REQUIRED, List.of(Transition.ACQUIRE, Transition.ASK_AUTH));

    private final AtomicInteger ids = new AtomicInteger();
    private final AtomicInteger rung = new AtomicInteger();
    private final List<Lease> started = new ArrayList<>();
    private final Workers workers = new Workers(2);
    private Store store;
    private Ledger ledger;

    @BeforeEach
    void open() {
        store = kind.open(folder);
        var journals = new Journals((contextId, after, max) -> List.of(), 1024);
        ledger = new Ledger(
                store, EngineSettings.defaults(), workers, journals, lease -> () -> started.add(lease), lineOf(rung));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void newContext(String contextId, Context.Concurrency concurrency) throws Exception {
        ledger.change(contextId, Durability.FSYNCED, draft -> {
                    create(draft, contextId, concurrency);
                    return true;
                })
                .get();
    }

    private static void create(Draft draft, String contextId, Context.Concurrency concurrency) {
        draft.create(new Context(contextId, OWNER, "a", null, concurrency, draft.now(), draft.now(), 0));
    }

    private TaskRecord newTask(Draft draft) {
        String taskId = "t" + ids.incrementAndGet();
        String contextId = draft.existing().id();
        long at = draft.append(Events.task(Task.of(taskId, contextId, TaskStatus.of(TaskState.SUBMITTED, draft.now()))
                .withHistory(List.of(Message.user("m-" + taskId, "hello").in(contextId, taskId)))));
        var task = new TaskRecord(
                taskId, contextId, OWNER, "a", TaskState.SUBMITTED, draft.now(), at, at, 0, null, 0, false);
        draft.put(task);
        return task;
    }

    private static TaskRecord go(Draft draft, TaskRecord task, Transition transition) {
        return transition == Transition.ACQUIRE
                ? draft.acquire(task, "w").task()
                : draft.move(task, transition, null, null);
    }

    private TaskRecord taskIn(String contextId, TaskState state) throws Exception {
        return ledger.change(contextId, Durability.FSYNCED, draft -> {
                    TaskRecord task = newTask(draft);
                    for (Transition step : WAYS.get(state)) {
                        task = go(draft, task, step);
                    }
                    return task;
                })
                .get();
    }

    private List<Journal.Entry<Event>> events(String contextId) throws InterruptedException {
        return store.read(contextId, reader -> reader.events(contextId, 0, 1000));
    }

    private TaskRecord stored(TaskRecord task) throws InterruptedException {
        return store.read(task.contextId(), reader -> reader.task(task.id()));
    }

    @Test
    void every_transition_from_every_state_is_stored_as_the_table_says_or_refused_without_a_trace() throws Exception {
        workers.close(); // what becomes runnable stays where the transition put it
        for (TaskState from : TaskState.values()) {
            for (Transition transition : Transition.values()) {
                String contextId = from + "-" + transition;
                newContext(contextId, Context.Concurrency.PARALLEL);
                TaskRecord task = taskIn(contextId, from);
                assertThat(task.state()).isEqualTo(from);
                int before = events(contextId).size();
                Optional<TaskState> to = TaskTableTest.drawn(from, transition);

                var change = ledger.change(
                        contextId, Durability.FSYNCED, draft -> go(draft, draft.task(task.id()), transition));

                if (to.isPresent()) {
                    assertThat(change.get().state()).as(contextId).isEqualTo(to.get());
                    assertThat(events(contextId)).as(contextId).hasSize(before + 1);
                    assertThat(events(contextId).getLast().event().state()).isEqualTo(to.get());
                } else {
                    assertThatThrownBy(change::get).as(contextId).isInstanceOf(ExecutionException.class);
                    assertThat(events(contextId)).as(contextId).hasSize(before);
                }
                assertThat(stored(task).state()).as(contextId).isEqualTo(to.orElse(from));
            }
        }
        Consistency.check(store, OWNER);
    }

    @Test
    void the_transaction_that_makes_a_task_runnable_takes_its_lease() throws Exception {
        newContext("c", Context.Concurrency.SERIAL);
        TaskRecord task = taskIn("c", TaskState.SUBMITTED);
        assertThat(started).singleElement().satisfies(lease -> {
            assertThat(lease.task().id()).isEqualTo(task.id());
            assertThat(lease.task().epoch()).isEqualTo(1);
            assertThat(lease.task().attempts()).isEqualTo(1);
        });
        assertThat(stored(task).state()).isEqualTo(TaskState.WORKING);
        assertThat(workers.free()).isEqualTo(1);
    }

    @Test
    void a_turn_that_starts_finds_no_lock_of_the_write_that_started_it() throws Exception {
        // Whatever the others are kept in: memory alone is written by the thread that asks.
        try (Store memory = Stores.MEMORY.open(folder)) {
            var looked = new AtomicInteger();
            var looking = new Ledger(
                    memory,
                    EngineSettings.defaults(),
                    workers,
                    new Journals((contextId, after, max) -> List.of(), 1024),
                    lease -> () -> looked.addAndGet(looksElsewhere(memory) ? 1 : 0),
                    lineOf(rung));
            looking.change("c", Durability.FSYNCED, draft -> {
                        create(draft, "c", Context.Concurrency.PARALLEL);
                        return newTask(draft);
                    })
                    .get();
            assertThat(looked).hasValue(1);
        }
    }

    /** Whether another thread can read the context now. */
    private static boolean looksElsewhere(Store store) {
        var read = new FutureTask<>(() -> store.<List<TaskRecord>>read("c", reader -> reader.openTasks("c")));
        Thread.ofVirtual().start(read);
        try {
            return read.get(10, TimeUnit.SECONDS).size() == 1;
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            return false;
        }
    }

    @Test
    void one_task_at_a_time_runs_in_a_serial_context_and_all_in_a_parallel_one() throws Exception {
        newContext("serial", Context.Concurrency.SERIAL);
        taskIn("serial", TaskState.SUBMITTED);
        taskIn("serial", TaskState.SUBMITTED);
        assertThat(started).hasSize(1);
        workers.giveBack();
        started.clear();
        newContext("parallel", Context.Concurrency.PARALLEL);
        taskIn("parallel", TaskState.SUBMITTED);
        taskIn("parallel", TaskState.SUBMITTED);
        assertThat(started).hasSize(2);
        Consistency.check(store, OWNER);
    }

    @Test
    void a_place_taken_in_a_transaction_that_fails_is_given_back_and_whoever_waits_is_told() throws Exception {
        newContext("c", Context.Concurrency.PARALLEL);
        var failing = new Ledger(
                new FailingStore(store, () -> true),
                EngineSettings.defaults(),
                workers,
                new Journals((contextId, after, max) -> List.of(), 1024),
                lease -> () -> started.add(lease),
                lineOf(rung));
        rung.set(0);
        assertThatThrownBy(() ->
                        failing.change("c", Durability.FSYNCED, this::newTask).get())
                .isInstanceOf(ExecutionException.class);
        assertThat(workers.free()).isEqualTo(2);
        assertThat(started).isEmpty();
        assertThat(rung.get()).as("the dispatcher was told of the free place").isPositive();
        assertThat(events("c")).isEmpty();
    }

    @Test
    void the_dispatcher_takes_one_task_of_a_context_at_a_time() throws Exception {
        newContext("c", Context.Concurrency.PARALLEL);
        workers.tryTake();
        workers.tryTake();
        taskIn("c", TaskState.SUBMITTED);
        taskIn("c", TaskState.SUBMITTED);
        workers.giveBack();
        workers.giveBack();
        assertThat(ledger.look("c").get())
                .as("or else one context takes every place before another owner's turn")
                .isEqualTo(Ledger.Look.STARTED);
        assertThat(workers.free()).isEqualTo(1);
        assertThat(ledger.look("c").get()).isEqualTo(Ledger.Look.STARTED);
        taskIn("c", TaskState.SUBMITTED);
        assertThat(ledger.look("c").get()).isEqualTo(Ledger.Look.NO_PLACE);
        assertThat(ledger.look("nowhere").get()).isEqualTo(Ledger.Look.NOTHING);
    }

    private static Ledger.Line lineOf(AtomicInteger rung) {
        return new Ledger.Line() {
            @Override
            public boolean othersWait() {
                return false;
            }

            @Override
            public void leftWaiting() {
                rung.incrementAndGet();
            }

            @Override
            public void placeFree() {
                rung.incrementAndGet();
            }
        };
    }
}
