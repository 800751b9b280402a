package dev.millrace.engine;

import dev.millrace.core.Doorbell;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.Message;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fails the tasks that nobody has answered in time, or answers their calls, if that is how they asked. It sleeps until the next of them is due, or until a commit tells of one
 * that is due sooner; in a shared store it also looks now and then, for what others asked who are gone.
 */
final class Deadlines {
    private static final Logger LOG = LoggerFactory.getLogger(Deadlines.class);
    private static final int BATCH = 64;
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    private final Store store;
    private final Ledger ledger;
    private final EngineSettings settings;
    private final Duration lookAgain;
    private final Doorbell bell;
    private volatile Instant next = Instant.MAX;
    private volatile boolean stopped;
    private @Nullable Thread thread;

    /** @param lookAgain how long to sleep at most */
    Deadlines(Store store, Ledger ledger, EngineSettings settings, Duration lookAgain) {
        this.store = store;
        this.ledger = ledger;
        this.settings = settings;
        this.lookAgain = lookAgain;
        bell = new Doorbell(settings.pace());
    }

    void start() {
        thread = Thread.ofVirtual().name("millrace-deadlines").start(this::run);
    }

    /** A task has to be answered by then. Never blocks. */
    void asked(Instant due) {
        if (due.isBefore(next)) {
            bell.ring();
        }
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
                bell.await(look());
            }
        } catch (InterruptedException e) {
            LOG.debug("nobody interrupts this", e);
        }
    }

    /** Fails what is due; gives how long to sleep. */
    private Duration look() throws InterruptedException {
        try {
            while (!stopped) {
                next = Instant.MAX; // before the look: whoever is committed after it rings
                List<TaskRecord> waiting = store.read(null, reader -> reader.due(BATCH));
                Instant now = settings.clock().instant();
                List<TaskRecord> late =
                        waiting.stream().filter(task -> isLate(task, now)).toList();
                if (late.isEmpty()) {
                    return waiting.isEmpty() ? lookAgain : until(waiting.getFirst(), now);
                }
                for (TaskRecord task : late) {
                    expire(task.contextId(), task.id());
                }
            }
        } catch (StoreFailure | CompletionException e) {
            LOG.error("tasks that nobody answered could not be failed, trying again in {}", AFTER_FAILURE, e);
            return AFTER_FAILURE;
        }
        return lookAgain;
    }

    private Duration until(TaskRecord task, Instant now) {
        Instant due = task.dueAt();
        if (due == null) {
            return lookAgain;
        }
        next = due;
        // Rounded up: who wakes a little early would look in vain.
        Duration left = Duration.between(now, due).plusMillis(1);
        return left.compareTo(lookAgain) < 0 ? left : lookAgain;
    }

    private static boolean isLate(TaskRecord task, Instant now) {
        return task.dueAt() != null && !task.dueAt().isAfter(now);
    }

    private void expire(String contextId, String taskId) {
        ledger.change(contextId, Durability.FSYNCED, draft -> {
                    TaskRecord task = draft.task(taskId);
                    boolean late = task != null && isLate(task, draft.now());
                    List<ToolCall> calls =
                            late && task != null ? Standing.lapsingCalls(draft.before(), task) : List.of();
                    if (!calls.isEmpty()) {
                        Answers.results(
                                draft,
                                taskId,
                                calls.stream()
                                        .map(call -> ToolResult.failed(call.id(), ToolResult.LAPSED))
                                        .toList(),
                                settings.ids().get());
                    } else if (late && task != null) {
                        draft.expire(
                                task,
                                Message.agent(
                                                settings.ids().get(),
                                                "given up: nobody answered in time; send the message again if it is"
                                                        + " still wanted")
                                        .in(contextId, taskId));
                    }
                    return late;
                })
                .join();
    }
}
