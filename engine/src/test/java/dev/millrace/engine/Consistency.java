package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.Journal;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import java.util.HashSet;
import java.util.List;

/** What must hold of every store at every moment. */
final class Consistency {
    private Consistency() {}

    /** Checks every context of the owner. */
    static void check(Store store, String owner) throws InterruptedException {
        List<Context> contexts = store.<List<Context>>read(
                null,
                reader -> reader.contexts(owner, Integer.MAX_VALUE - 1, null).items());
        for (Context context : contexts) {
            store.<Boolean>read(context.id(), reader -> {
                check(reader, context.id());
                return true;
            });
        }
    }

    /** Checks one context within one consistent view. */
    static void check(Reader reader, String contextId) {
        Context context = reader.context(contextId);
        List<TaskRecord> tasks = reader.tasks(contextId);
        List<Journal.Entry<Event>> events = reader.events(contextId, 0, Integer.MAX_VALUE - 1);
        offsetsGrowWithoutGaps(context, tasks, events);
        if (context.concurrency() == Context.Concurrency.SERIAL) {
            assertThat(tasks.stream().filter(TaskRecord::holds))
                    .as("tasks that hold serial context %s", contextId)
                    .hasSizeLessThanOrEqualTo(1);
        }
        long position = 0;
        for (TaskRecord task : tasks) {
            assertThat(task.position()).as("position of %s", task).isGreaterThan(position);
            position = task.position();
            Task folded = Events.fold(reader.eventsOf(task));
            assertThat(folded.status().state())
                    .as("the fold of the events of %s", task)
                    .isEqualTo(task.state());
            assertThat(folded.id()).isEqualTo(task.id());
            assertThat(task.leasedBy() != null)
                    .as("a lease is held while WORKING and at no other time: %s", task)
                    .isEqualTo(task.state() == TaskState.WORKING);
            assertThat(events)
                    .as("the message of %s is where its row says", task)
                    .anySatisfy(e -> {
                        assertThat(e.offset()).isEqualTo(task.messageAt());
                        assertThat(e.event().kind()).isIn(Event.Kind.TASK, Event.Kind.MESSAGE);
                        assertThat(e.event().taskId()).isEqualTo(task.id());
                    });
        }
    }

    /** Where chunks were merged there may be gaps, and where a store skipped a million; nowhere else. */
    private static void offsetsGrowWithoutGaps(
            Context context, List<TaskRecord> tasks, List<Journal.Entry<Event>> events) {
        var known = new HashSet<String>();
        tasks.forEach(t -> known.add(t.id()));
        long before = 0;
        for (var entry : events) {
            assertThat(entry.offset()).isGreaterThan(before);
            if (entry.event().kind() == Event.Kind.CONTEXT) {
                assertThat(entry.event().taskId()).isNull();
            } else {
                assertThat(known).contains(entry.event().taskId());
            }
            before = entry.offset();
        }
        assertThat(context.lastOffset() - before)
                .as("what is between the newest event and the last offset of %s", context)
                .isIn(0L, 1_000_000L);
        if (tasks.stream().noneMatch(TaskRecord::merged)) {
            assertThat(events)
                    .as("events of %s, in which nothing was merged", context)
                    .hasSize((int) (context.lastOffset() % 1_000_000));
        }
    }
}
