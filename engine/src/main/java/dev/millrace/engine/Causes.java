package dev.millrace.engine;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What each task was last asked for in, so that a turn which begins later, on another thread, belongs to the trace of its
 * request. In memory, and of the last tasks only: a trace is worth no write. Where nobody records, it stays empty, and
 * nobody waits for its lock.
 */
final class Causes {
    private static final int MOST = 16_384;

    private final Map<String, Span> byTask = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Span> eldest) {
            return size() > MOST;
        }
    };
    private volatile boolean any;

    void put(String taskId, Span cause) {
        synchronized (byTask) {
            byTask.remove(taskId); // so that it is the newest again
            byTask.put(taskId, cause);
            any = true;
        }
    }

    Span of(String taskId) {
        if (!any) {
            return Span.NONE;
        }
        synchronized (byTask) {
            return byTask.getOrDefault(taskId, Span.NONE);
        }
    }
}
