package dev.millrace.engine;

import dev.millrace.core.Doorbell;
import dev.millrace.core.Journal;
import dev.millrace.core.Pace;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Merges the chunks of tasks that have ended, and notes what they can be found by, beside everything else: the end of a
 * task does not wait for it, and it costs the task's size once. What a crash leaves unmerged is merged after the next
 * start.
 *
 * <p>Nobody waits for a merge, but a store that writes one thing at a time would make others wait behind it. So those who
 * end within a moment are merged together.
 */
final class Merger {
    private static final Logger LOG = LoggerFactory.getLogger(Merger.class);

    /** How long those who have ended gather. */
    private static final Duration MOMENT = Duration.ofMillis(200);

    /** At most so many in hand at once: all that they said is in memory. */
    private static final int TOGETHER = 32;

    private final Store store;
    private final Journals journals;
    private final ConcurrentLinkedQueue<TaskRecord> ended = new ConcurrentLinkedQueue<>();
    private final Doorbell bell;
    private final Doorbell stop;
    private @Nullable Thread thread;
    private volatile boolean stopped;

    Merger(Store store, Journals journals, Pace pace) {
        this.store = store;
        this.journals = journals;
        bell = new Doorbell(pace);
        stop = new Doorbell(pace);
    }

    void start() {
        thread = Thread.ofVirtual().name("millrace-merger").start(this::run);
    }

    void add(TaskRecord task) {
        ended.add(task);
        bell.ring();
    }

    void stop() {
        stopped = true;
        bell.ring();
        stop.ring();
        if (thread != null) {
            Threads.join(thread);
        }
    }

    private void run() {
        try {
            while (!stopped) {
                if (ended.isEmpty()) {
                    bell.await();
                } else if (!stop.await(MOMENT)) {
                    mergeAll();
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("the merger was interrupted; what is left is merged after the next start");
        }
    }

    private void mergeAll() throws InterruptedException {
        var underWay = new ArrayList<CompletableFuture<?>>();
        for (TaskRecord task = ended.poll(); task != null && !stopped; task = ended.poll()) {
            underWay.add(merge(task));
            if (underWay.size() == TOGETHER) {
                settle(underWay);
            }
        }
        settle(underWay);
    }

    private static void settle(List<CompletableFuture<?>> underWay) throws InterruptedException {
        for (CompletableFuture<?> each : underWay) {
            try {
                each.get();
            } catch (ExecutionException e) {
                LOG.debug("one was not merged, and that was told", e);
            }
        }
        underWay.clear();
    }

    private CompletableFuture<?> merge(TaskRecord task) throws InterruptedException {
        try {
            // The task has ended, so its events no longer change: they can be read and folded outside the transaction.
            // Folded outside the query, too: a store answers others meanwhile.
            List<Journal.Entry<Event>> events = store.read(task.contextId(), reader -> eventsOf(reader, task));
            if (events.isEmpty()) {
                return CompletableFuture.completedFuture(false);
            }
            List<Journal.Entry<Event>> merged = Events.mergeChunks(events);
            Supplier<String> text = text(task, events, merged);
            return store.submit(task.contextId(), Durability.WRITTEN, reader -> merged(reader, task, merged, text))
                    .whenComplete((done, failure) -> {
                        if (failure != null) {
                            notMerged(task, failure);
                        }
                    });
        } catch (RuntimeException | Error e) {
            notMerged(task, e);
            return CompletableFuture.completedFuture(false);
        }
    }

    private Supplier<String> text(
            TaskRecord task, List<Journal.Entry<Event>> events, List<Journal.Entry<Event>> merged) {
        // Of what is left, which says the same with fewer words to go through.
        List<Journal.Entry<Event>> left = Events.afterMerge(events, merged);
        if (store.readsWordsLater()) {
            return () -> TaskText.of(task.state(), left);
        }
        String now = TaskText.of(task.state(), left);
        return () -> now;
    }

    /** None of a context that is there for one answer alone: it is about to be gone, and is looked for by what is unmerged. */
    private static List<Journal.Entry<Event>> eventsOf(Reader reader, TaskRecord task) {
        Context context = reader.context(task.contextId());
        return context == null || context.passesWith() != null ? List.of() : reader.eventsOf(task);
    }

    private Write<Boolean> merged(
            Reader reader, TaskRecord task, List<Journal.Entry<Event>> merged, Supplier<String> text) {
        TaskRecord now = reader.task(task.id());
        if (now == null || now.merged()) {
            return Write.nothing(false);
        }
        if (!merged.isEmpty()) {
            // Before the commit, so that no reader takes a chunk in memory for the rest of what was merged.
            journals.merging(task.contextId(), merged.getLast().offset());
        }
        return new Write<>(
                true,
                null,
                List.of(now.withMerged()),
                List.of(),
                List.of(),
                new Write.Merge(now, merged, text),
                () -> {},
                () -> {});
    }

    private static void notMerged(TaskRecord task, Throwable e) {
        LOG.warn("the chunks of task {} could not be merged, they stay as they are: {}", task.id(), e.toString());
    }
}
