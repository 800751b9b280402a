package dev.millrace.bench.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.Event;
import dev.millrace.engine.Sent;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Write;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.json.A2aJson;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** That each broken promise is noticed: who looks at everything and finds nothing must be able to find something. */
class PromisesTest {
    private static final Instant NOW = Instant.EPOCH;

    private final World world = new World(new Scheduler(1, Scheduler.Order.ANY, new Trace(0)), Scenario.of(1));
    private final Database database = world.database();

    private static void refused(String why, ThrowingCallable by) {
        assertThatThrownBy(by).isInstanceOf(Violation.class).hasMessageContaining(why);
    }

    /** Commits events of the task "t" in the chat "c", as the engine would, or as it must not. */
    private List<Journal.Entry<Event>> write(@Nullable TaskRecord task, Durability durability, Event... events) {
        Kept before = database.state().context("c");
        Context row = before.context() == null
                ? new Context("c", "owner", "script", null, Context.Concurrency.SERIAL, NOW, NOW, 0)
                : before.context();
        var entries = new ArrayList<Journal.Entry<Event>>();
        long offset = row.lastOffset();
        for (Event event : events) {
            entries.add(new Journal.Entry<>(++offset, event));
        }
        List<TaskRecord> tasks = task == null ? List.of() : List.of(task);
        var write = new Write<>("", row.at(offset), tasks, entries, List.of(), null, () -> {}, () -> {});
        commit(before.version(), write, durability);
        return entries;
    }

    private Database.Outcome commit(long version, Write<?> write, Durability durability) {
        return database.commit(
                new Database.Request(database.nextRequest(), "s1", "c", version, List.of(write), durability));
    }

    private static Event event(Event.Kind kind, @Nullable TaskState state, StreamResponse response) {
        return new Event("t", kind, state, A2aJson.STREAM_RESPONSE.write(response));
    }

    private static Event asked() {
        var status = TaskStatus.of(TaskState.SUBMITTED, NOW);
        return event(
                Event.Kind.TASK,
                TaskState.SUBMITTED,
                Task.of("t", "c", status).withHistory(List.of(Message.user("m", "say 2 1"))));
    }

    private static Event status(TaskState state) {
        return event(Event.Kind.STATUS, state, new TaskStatusUpdateEvent("t", "c", TaskStatus.of(state, NOW), null));
    }

    private static Event words(String text) {
        return event(
                Event.Kind.CHUNK,
                null,
                TaskArtifactUpdateEvent.chunk("t", "c", Artifact.text("answer", text), !text.contains(":0 ")));
    }

    private static TaskRecord task(TaskState state, long epoch) {
        String by = state == TaskState.WORKING ? "s" + epoch : null;
        return new TaskRecord("t", "c", "owner", "script", state, NOW, 1, 1, epoch, by, 1, false);
    }

    private List<Journal.Entry<Event>> begin() {
        return write(task(TaskState.WORKING, 1), Durability.FSYNCED, asked(), status(TaskState.WORKING), words("1:0 "));
    }

    private void takenOver() {
        write(task(TaskState.WORKING, 2), Durability.FSYNCED, status(TaskState.SUBMITTED), status(TaskState.WORKING));
    }

    @Test
    void an_honest_life_is_not_complained_of() {
        assertThatCode(() -> {
                    begin();
                    takenOver();
                    write(null, Durability.WRITTEN, words("2:0 "), words("2:1 "));
                    write(task(TaskState.COMPLETED, 2), Durability.FSYNCED, status(TaskState.COMPLETED));
                    new Checker(world).judge(List.of());
                })
                .doesNotThrowAnyException();
    }

    @Test
    void a_worker_that_lost_its_lease_and_writes_is_noticed() {
        begin();
        takenOver();
        refused("without its lease", () -> write(null, Durability.WRITTEN, words("1:1 ")));
    }

    @Test
    void two_workers_under_one_lease_are_noticed() {
        begin();
        refused("two workers", () -> write(null, Durability.WRITTEN, words("2:0 ")));
    }

    @Test
    void words_that_are_missing_or_twice_are_noticed() {
        begin();
        refused("missing or twice", () -> write(null, Durability.WRITTEN, words("1:2 ")));
        refused("missing or twice", () -> write(null, Durability.WRITTEN, words("1:0 ")));
    }

    @Test
    void a_lease_on_what_is_not_free_is_noticed() {
        begin();
        refused("not free", () -> write(task(TaskState.WORKING, 2), Durability.FSYNCED));
    }

    @Test
    void what_comes_after_the_end_is_noticed() {
        begin();
        write(task(TaskState.CANCELED, 1), Durability.FSYNCED, status(TaskState.CANCELED));
        refused("after its end", () -> write(null, Durability.WRITTEN, words("1:1 ")));
        refused(
                "CANCELED -> COMPLETED",
                () -> write(task(TaskState.COMPLETED, 1), Durability.FSYNCED, status(TaskState.COMPLETED)));
    }

    @Test
    void a_task_that_begins_out_of_its_turn_is_noticed() {
        write(task(TaskState.SUBMITTED, 0), Durability.FSYNCED, asked());
        var later = new TaskRecord("u", "c", "owner", "script", TaskState.WORKING, NOW, 2, 2, 1, "s1", 1, false);
        var event = new Event(
                "u",
                Event.Kind.STATUS,
                TaskState.WORKING,
                status(TaskState.WORKING).json());
        refused("out of its turn", () -> write(later, Durability.FSYNCED, event));
    }

    @Test
    void what_was_acknowledged_and_is_not_there_is_noticed() {
        begin();
        var checker = new Checker(world);
        checker.acknowledged(Message.user("m", ""), sent("t", 1));
        refused("is not there", () -> checker.acknowledged(Message.user("n", ""), sent("t", 2)));
        refused("was acknowledged as", () -> checker.acknowledged(Message.user("m", ""), sent("t", 3)));
    }

    private static Sent sent(String task, long offset) {
        return new Sent("c", task, offset, offset - 1, TaskState.SUBMITTED, false);
    }

    @Test
    void a_stop_that_was_told_and_did_not_happen_is_noticed() {
        begin();
        refused("was told CANCELED", () -> new Checker(world).stopped("t", TaskState.CANCELED));
    }

    @Test
    void a_reader_that_misses_something_or_sees_it_twice_or_otherwise_is_noticed() {
        List<Journal.Entry<Event>> events = begin();
        var sight = new Sight(world, "reader", "c", 0);
        refused("was left out", () -> sight.see(events.subList(1, 2)));
        sight.see(events.subList(0, 2));
        refused("again", () -> sight.see(events.subList(1, 2)));
        refused("not what was committed", () -> sight.see(List.of(new Journal.Entry<>(3, words("1:1 ")))));
        assertThat(sight.complete()).isFalse();
        sight.see(events.subList(2, 3));
        assertThat(sight.complete()).isTrue();
    }

    @Test
    void a_reader_whose_task_is_another_one_in_the_end_is_noticed() {
        List<Journal.Entry<Event>> events = begin();
        write(null, Durability.WRITTEN, words("1:1 "));
        List<Journal.Entry<Event>> end =
                write(task(TaskState.COMPLETED, 1), Durability.FSYNCED, status(TaskState.COMPLETED));
        var sight = new Sight(world, "reader", "c", 0);
        sight.see(events);
        sight.see(end); // a chunk is missing, as if it had been merged, and nothing came in its place
        refused("has another task", () -> new Checker(world).judge(List.of(sight)));
    }

    @Test
    void of_two_writes_on_the_same_version_one_loses() {
        begin();
        long version = database.state().context("c").version();
        write(null, Durability.WRITTEN, words("1:1 "));
        assertThat(commit(version, Write.nothing(""), Durability.WRITTEN)).isEqualTo(Database.Outcome.LOST);
    }

    @Test
    void a_write_whose_fate_was_asked_for_before_it_came_does_nothing() {
        begin();
        long version = database.state().context("c").version();
        var late = new Database.Request(
                database.nextRequest(), "s1", "c", version, List.of(Write.nothing("")), Durability.FSYNCED);
        assertThat(database.ask(late.number())).isEqualTo(Database.Outcome.FENCED);
        assertThat(database.commit(late)).isEqualTo(Database.Outcome.FENCED);
    }

    @Test
    void a_power_cut_takes_what_was_not_synced_and_nothing_else() {
        begin();
        write(null, Durability.WRITTEN, words("1:1 "));
        long synced = 3;
        boolean lost = false;
        for (int i = 0; i < 50 && !lost; i++) {
            database.losePower();
            lost = last() == synced;
            assertThat(last()).isGreaterThanOrEqualTo(synced);
            if (!lost) {
                write(null, Durability.WRITTEN, words("1:" + (last() - 2) + " "));
            }
        }
        assertThat(last()).isGreaterThanOrEqualTo(synced);
        write(null, Durability.FSYNCED, words("1:" + (last() - 2) + " "));
        long now = last();
        database.losePower();
        assertThat(last()).isEqualTo(now);
    }

    private long last() {
        Context context = database.state().context("c").context();
        return context == null ? 0 : context.lastOffset();
    }
}
