package dev.millrace.engine;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.json.A2aJson;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A reader of one context that outlives engines: it goes on in the next one after the last offset it has seen. */
final class Follower {
    final String owner;
    final String contextId;

    /** How many entries it takes at once: 1 is slow. */
    private final int appetite;

    private final Map<String, TaskFold> folds = new HashMap<>();
    private final StringBuilder seen = new StringBuilder();
    private volatile long at;
    private volatile boolean leaving;
    private volatile @Nullable Cursor<Event> cursor;
    private volatile @Nullable Throwable failure;
    private @Nullable Thread thread;

    /** From the beginning of the context. */
    Follower(String owner, String contextId, int appetite) {
        this.owner = owner;
        this.contextId = contextId;
        this.appetite = appetite;
    }

    /** From the task as it is: of tasks that began before, it follows this one alone. */
    Follower(String owner, Snapshot snapshot, int appetite) {
        this(owner, snapshot.task().contextId(), appetite);
        fold(snapshot.task().id()).apply(snapshot.task());
        at = snapshot.offset();
        seen.append("snapshot at ").append(at);
    }

    long at() {
        return at;
    }

    void follow(Engine engine) {
        leaving = false;
        seen.append("\nfollows from ").append(at).append(": ");
        thread = Thread.ofVirtual().start(() -> {
            try (Cursor<Event> mine = engine.read(contextId, at)) {
                cursor = mine;
                while (!leaving && !mine.ended()) {
                    mine.take(appetite).forEach(this::see);
                }
            } catch (InterruptedException | RuntimeException | Error e) {
                if (!leaving) {
                    failure = e;
                }
            }
        });
    }

    /** What it can't read any more from here on is no failure: the process is about to die. */
    void expectTheEnd() {
        leaving = true;
    }

    /** Stops reading; nothing is seen after this has returned. */
    void leave() throws InterruptedException {
        leaving = true;
        while (thread != null && thread.isAlive()) {
            Cursor<Event> mine = cursor;
            if (mine != null) {
                mine.close();
            }
            var _ = thread.join(java.time.Duration.ofMillis(5)); // the cursor may not have been there yet
        }
        cursor = null;
        if (failure != null) {
            throw new AssertionError("a reader of " + contextId + " failed after offset " + at, failure);
        }
    }

    private void see(Journal.Entry<Event> entry) {
        if (entry.offset() <= at) {
            throw new AssertionError("offset " + entry.offset() + " came after " + at);
        }
        at = entry.offset();
        seen.append(at).append(' ');
        String taskId = entry.event().taskId();
        if (entry.event().kind() == Event.Kind.TASK || folds.containsKey(taskId)) {
            fold(taskId).apply(A2aJson.STREAM_RESPONSE.read(entry.event().json()));
        }
    }

    private TaskFold fold(String taskId) {
        return folds.computeIfAbsent(taskId, id -> new TaskFold());
    }

    /** The offsets it has seen, for who has to find out what went wrong. */
    String seen() {
        return seen.toString();
    }

    /** What it has made of the events. After {@link #leave}. */
    Map<String, Task> tasks() {
        var tasks = new HashMap<String, Task>();
        folds.forEach((id, fold) -> tasks.put(id, fold.task()));
        return tasks;
    }
}
