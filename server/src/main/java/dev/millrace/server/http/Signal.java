package dev.millrace.server.http;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Something that happens at most once, and those who want to know. Each hook runs exactly once: when the signal fires, in the
 * order in which they came, or at once if it has fired before. Any thread; no hook runs under a lock, so it may add and remove
 * hooks.
 *
 * <p>A stream has several of these for as long as it is open, so the hooks are a list that needs nothing beside them.
 */
final class Signal {
    private static final Logger log = LoggerFactory.getLogger(Signal.class);

    /** A hook that is waiting; closing it takes it back. */
    static final class Hook implements AutoCloseable {
        private final Signal signal;
        private final Runnable action;
        private @Nullable Hook before;
        private @Nullable Hook behind;
        private boolean waiting;

        private Hook(Signal signal, Runnable action) {
            this.signal = signal;
            this.action = action;
        }

        @Override
        public void close() {
            signal.remove(this);
        }

        private void run() {
            try {
                action.run();
            } catch (RuntimeException e) {
                log.warn("A hook failed; the others go on", e);
            }
        }
    }

    // Guarded by this, but that anybody may read whether it has fired.
    private @Nullable Hook first;
    private @Nullable Hook last;
    private volatile boolean fired;

    boolean fired() {
        return fired;
    }

    Hook add(Runnable action) {
        var hook = new Hook(this, action);
        if (!append(hook)) {
            hook.run();
        }
        return hook;
    }

    /** False if it has fired. */
    private synchronized boolean append(Hook hook) {
        if (fired) {
            return false;
        }
        hook.waiting = true;
        hook.before = last;
        if (last == null) {
            first = hook;
        } else {
            last.behind = hook;
        }
        last = hook;
        return true;
    }

    private synchronized void remove(Hook hook) {
        if (!hook.waiting) {
            return;
        }
        hook.waiting = false;
        if (hook.before == null) {
            first = hook.behind;
        } else {
            hook.before.behind = hook.behind;
        }
        if (hook.behind == null) {
            last = hook.before;
        } else {
            hook.behind.before = hook.before;
        }
        hook.before = null;
        hook.behind = null;
    }

    /** The first, who no longer waits; null = nobody does. */
    private synchronized @Nullable Hook take() {
        Hook next = first;
        if (next != null) {
            remove(next);
        }
        return next;
    }

    /** Forgets all hooks: whatever happens from now on, they do not run. */
    void silence() {
        while (take() != null) {}
    }

    void fire() {
        synchronized (this) {
            fired = true;
        }
        for (Hook hook = take(); hook != null; hook = take()) {
            hook.run();
        }
    }
}
