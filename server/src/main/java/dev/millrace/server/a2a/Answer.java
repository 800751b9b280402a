package dev.millrace.server.a2a;

import dev.millrace.core.Journal;
import dev.millrace.core.Sweeper;
import dev.millrace.engine.Event;
import dev.millrace.engine.Refused;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.SendMessageResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a send will be answered with. The task goes on whether anybody waits for the answer or not.
 *
 * <p>The answer is folded from the events as they come, so that nothing has to be read again when the task ends.
 */
public final class Answer implements AutoCloseable {
    /** What counts as an answer. */
    enum Until {
        /** That the task is there. */
        ACCEPTED,
        /** That the task has ended, or waits for its user. */
        SETTLED
    }

    private static final int BATCH = 32;

    private final TaskStream stream;
    private final Until until;
    private final @Nullable Integer historyLength;
    private final boolean reply;
    private final Supplier<Task> asItIs;
    private final TaskFold fold = new TaskFold();
    private @Nullable TaskState state;

    /**
     * @param reply whether the agent replies with a message
     * @param asItIs asks the engine for the task
     */
    Answer(TaskStream stream, Until until, @Nullable Integer historyLength, boolean reply, Supplier<Task> asItIs) {
        this.stream = stream;
        this.until = until;
        this.historyLength = historyLength;
        this.reply = reply;
        this.asItIs = asItIs;
        stream.known().ifPresent(task -> {
            fold.apply(task);
            state = task.status().state();
        });
    }

    /** Lets the sweeper end a wait in {@link #advance} now and then, so that its thread can see to its client. */
    public void watchedBy(Sweeper sweeper) {
        sweeper.watch(stream.cursor());
    }

    /**
     * Waits for news and takes it in; true once {@link #response} is the answer: at the task's end, where it waits for its
     * user, or, if this was closed or the engine has stopped, as it is.
     */
    public boolean advance() throws InterruptedException {
        if (enough()) {
            return true;
        }
        List<Journal.Entry<Event>> batch = stream.cursor().take(BATCH);
        for (Journal.Entry<Event> entry : batch) {
            take(entry);
            if (enough()) {
                return true;
            }
        }
        return batch.isEmpty() && stream.cursor().ended();
    }

    private void take(Journal.Entry<Event> entry) {
        if (stream.concerns(entry)) {
            fold.apply(entry.event().says());
            TaskState now = entry.event().state();
            state = now == null ? state : now;
        }
    }

    private boolean enough() {
        return switch (until) {
            case ACCEPTED -> fold.hasTask();
            case SETTLED -> state != null && (state.terminal() || state.interrupted());
        };
    }

    /**
     * The answer; before {@link #advance} was true, the task as it is.
     *
     * @throws Refused with UNAVAILABLE, if the engine stopped before the task was seen at all
     */
    public SendMessageResponse response() {
        Task task = enough() ? fold.task() : latest();
        return reply && DirectReply.of(task) instanceof Message message
                ? message
                : task.withHistoryLength(historyLength);
    }

    private Task latest() {
        try {
            return asItIs.get();
        } catch (Refused stopping) {
            if (fold.hasTask()) {
                return fold.task();
            }
            throw stopping;
        }
    }

    /** Ends the wait. Any thread; idempotent. */
    @Override
    public void close() {
        stream.close();
    }
}
