package dev.millrace.bench.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** What broke a promise. Any thread. */
final class Findings {
    /** One that breaks everything would be told a thousand times. */
    private static final int KEPT = 20;

    private final AtomicInteger count = new AtomicInteger();
    private final List<String> kept = new ArrayList<>();

    /** @param evidence all that's needed to look closer */
    void add(String what, String evidence) {
        if (count.incrementAndGet() <= KEPT) {
            synchronized (kept) {
                kept.add(what + "\n" + evidence.indent(4));
            }
            System.err.println("  VIOLATION: " + what);
        }
    }

    int count() {
        return count.get();
    }

    /** The first of them, in full. */
    List<String> kept() {
        synchronized (kept) {
            return List.copyOf(kept);
        }
    }
}
