package dev.millrace.server.http;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Something that happens at most once, and those who want to know. Each hook runs exactly once: when the signal fires, or
 * at once if it has fired before. Any thread; takes no lock, so a hook may add and remove hooks.
 */
final class Signal {
    private static final Logger log = LoggerFactory.getLogger(Signal.class);

    /** A hook that is waiting; closing it takes it back. */
    final class Hook implements AutoCloseable {
        private final Runnable action;

        private Hook(Runnable action) {
            this.action = action;
        }

        @Override
        public void close() {
            hooks.remove(this);
        }

        private void run() {
            // Whoever removes the hook runs it: that is what makes it once.
            if (hooks.remove(this)) {
                try {
                    action.run();
                } catch (RuntimeException e) {
                    log.warn("A hook failed; the others go on", e);
                }
            }
        }
    }

    private final Set<Hook> hooks = ConcurrentHashMap.newKeySet();
    private volatile boolean fired;

    boolean fired() {
        return fired;
    }

    Hook add(Runnable action) {
        var hook = new Hook(action);
        hooks.add(hook);
        if (fired) {
            hook.run();
        }
        return hook;
    }

    /** Forgets all hooks: whatever happens from now on, they do not run. */
    void silence() {
        hooks.clear();
    }

    void fire() {
        fired = true;
        hooks.forEach(Hook::run);
    }
}
