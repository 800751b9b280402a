package dev.millrace.engine.store.postgres;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The views that are kept, those used last. Any thread. */
final class Views {
    private final Map<String, View> views;

    Views(int limit) {
        views = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, View> eldest) {
                return size() > limit;
            }
        };
    }

    synchronized @Nullable View get(String contextId) {
        return views.get(contextId);
    }

    synchronized void put(String contextId, View view) {
        if (view.context() == null) {
            views.remove(contextId);
        } else {
            views.put(contextId, view.kept());
        }
    }

    synchronized void drop(String contextId) {
        views.remove(contextId);
    }

    synchronized void clear() {
        views.clear();
    }
}
