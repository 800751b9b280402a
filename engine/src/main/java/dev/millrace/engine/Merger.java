package dev.millrace.engine;

import dev.millrace.core.Doorbell;
import dev.millrace.core.Journal;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Write;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Merges the chunks of tasks that have ended, and notes what they can be found by, beside everything else: the end of a task does not wait for it, and it
 * costs the task's size once. What a crash leaves unmerged is merged after the next start.
 */
final class Merger {
    private static final Logger LOG = LoggerFactory.getLogger(Merger.class);

    /** Characters of a task that it can be found by; the rest of a longer one is not searched. */
    private static final int MAX_TEXT = 100_000;

    private final Store store;
    private final Journals journals;
    private final ConcurrentLinkedQueue<TaskRecord> ended = new ConcurrentLinkedQueue<>();
    private final Doorbell bell = new Doorbell();
    private @Nullable Thread thread;
    private volatile boolean stopped;

    Merger(Store store, Journals journals) {
        this.store = store;
        this.journals = journals;
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
        if (thread != null) {
            Threads.join(thread);
        }
    }

    private void run() {
        try {
            while (!stopped) {
                TaskRecord task = ended.poll();
                if (task == null) {
                    bell.await();
                } else {
                    merge(task);
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("the merger was interrupted; what is left is merged after the next start");
        }
    }

    private void merge(TaskRecord task) throws InterruptedException {
        try {
            // The task has ended, so its events no longer change: they can be read and folded outside the transaction.
            // Folded outside the query, too: a store answers others meanwhile.
            List<Journal.Entry<Event>> events = store.read(task.contextId(), reader -> reader.eventsOf(task));
            List<Journal.Entry<Event>> merged = Events.mergeChunks(events);
            String text = text(task, events);
            store.submit(task.contextId(), Durability.WRITTEN, reader -> {
                        TaskRecord now = reader.task(task.id());
                        if (now == null || now.merged()) {
                            return Write.nothing(false);
                        }
                        if (!merged.isEmpty()) {
                            // Before the commit, so that no reader takes a chunk in memory for the rest of what was
                            // merged.
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
                    })
                    .get();
        } catch (ExecutionException | RuntimeException | Error e) {
            LOG.warn("the chunks of task {} could not be merged, they stay as they are: {}", task.id(), e.toString());
        }
    }

    /** What both sides said, up to a length that a search needs. */
    private static String text(TaskRecord task, List<Journal.Entry<Event>> events) {
        String text = Transcript.of(task.state(), events).stream()
                .map(said -> said.message().text())
                .filter(words -> !words.isBlank())
                .collect(Collectors.joining("\n"));
        // A database's text takes no U+0000, and no word has one.
        return (text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT)).replace('\0', ' ');
    }
}
