package dev.millrace.bench.simulate;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** What happened, in order: a hash of all of it, to tell two runs apart, and the last of it in words. One thread. */
final class Trace {
    private static final long PRIME = 0x100000001b3L; // FNV-1a, 64 bits
    private static final long BASIS = 0xcbf29ce484222325L;

    private final int kept;
    private final Deque<String> last = new ArrayDeque<>();
    private long hash = BASIS;

    /** @param kept how many steps are kept in words */
    Trace(int kept) {
        this.kept = kept;
    }

    void step(long number) {
        hash = (hash ^ number) * PRIME;
    }

    void note(long nanos, String who, String what) {
        step(nanos);
        step(who.hashCode());
        step(what.hashCode());
        if (kept > 0) {
            if (last.size() == kept) {
                last.remove();
            }
            last.add("%,14.3f ms  %-8s %s".formatted(nanos / 1e6, who, what));
        }
    }

    long hash() {
        return hash;
    }

    List<String> last() {
        return List.copyOf(last);
    }
}
