package dev.millrace.engine.store.memory;

import dev.millrace.engine.Context;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Words;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One context and all that belongs to it; guarded by its lock. */
final class Conversation {
    /** Of a conversation without a word, and its places in the store's lists. */
    private static final long OBJECTS = 1_000;

    /** The same of a task. */
    private static final long TASK = 1_000;

    final ReentrantLock lock = new ReentrantLock();

    /** By id, in the order they were made, which is the order of their positions. */
    final Map<String, TaskRecord> tasks = new LinkedHashMap<>();

    final EventLog events = new EventLog();
    final Map<String, SendKey> keys = new LinkedHashMap<>();

    /** What the title is found by, as {@link dev.millrace.engine.store.Words#plain} gives it. */
    String title = "";

    /** Gives what each ended task is found by that was never searched. */
    final Map<String, Supplier<String>> said = new HashMap<>();

    /** What the others are found by, in the same form as the title. */
    private final Map<String, String> texts = new HashMap<>();

    private long textLength;

    /** Read by decisions about other contexts, too, which must not wait for the lock. */
    volatile @Nullable Context context;

    /** Tasks that have not ended. */
    int live;

    /** Bytes that it counts for among all that the store keeps, as of its last write. */
    long counted;

    /** Set when the store dropped it: whoever waited for the lock must look it up again. */
    boolean forgotten;

    /** Bytes that it takes, about: its events, what they are found by, and the objects around them. */
    long weight() {
        return OBJECTS + TASK * tasks.size() + events.weight() + textLength;
    }

    /** What a task is found by, in the same form as the title; nothing before it has ended. */
    String text(String taskId) {
        Supplier<String> words = said.remove(taskId);
        if (words != null) {
            String text = Words.plain(words.get());
            textLength += text.length();
            texts.put(taskId, text);
        }
        return texts.getOrDefault(taskId, "");
    }
}
