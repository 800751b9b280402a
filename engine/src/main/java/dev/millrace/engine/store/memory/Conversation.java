package dev.millrace.engine.store.memory;

import dev.millrace.engine.Context;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One context and all that belongs to it; guarded by its lock. */
final class Conversation {
    final ReentrantLock lock = new ReentrantLock();

    /** By id, in the order they were made, which is the order of their positions. */
    final Map<String, TaskRecord> tasks = new LinkedHashMap<>();

    final EventLog events = new EventLog();
    final Map<String, SendKey> keys = new LinkedHashMap<>();

    /** What the title is found by, as {@link dev.millrace.engine.store.Words#plain} gives it. */
    String title = "";

    /** What each ended task is found by, in the same form. */
    final Map<String, String> texts = new HashMap<>();

    /** Read by decisions about other contexts, too, which must not wait for the lock. */
    volatile @Nullable Context context;

    /** Tasks that have not ended. */
    int live;

    /** Set when the store dropped it: whoever waited for the lock must look it up again. */
    boolean forgotten;
}
