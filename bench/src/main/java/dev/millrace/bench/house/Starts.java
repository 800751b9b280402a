package dev.millrace.bench.house;

import java.util.ArrayList;
import java.util.List;

/** When agents started: how long after the commit, and at what {@link System#nanoTime}. Any thread. */
final class Starts {
    private record Start(long nanos, long at) {}

    private final List<Start> starts = new ArrayList<>();

    void started(long nanos) {
        var start = new Start(nanos, System.nanoTime());
        synchronized (starts) {
            starts.add(start);
        }
    }

    /** One line for each since the last call: nanoseconds after the commit, a space, the time. */
    String drain() {
        List<Start> all;
        synchronized (starts) {
            all = List.copyOf(starts);
            starts.clear();
        }
        var text = new StringBuilder();
        all.forEach(start ->
                text.append(start.nanos()).append(' ').append(start.at()).append('\n'));
        return text.toString();
    }
}
