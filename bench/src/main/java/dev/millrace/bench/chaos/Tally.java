package dev.millrace.bench.chaos;

import dev.millrace.bench.Samples;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What happened. Any thread. */
final class Tally {
    /** What is counted. */
    enum Count {
        CHATS("chats"),
        /** Acknowledged, each message once. */
        SENDS("sends"),
        /** Requests that were asked again, because they were refused for now, or nobody knows what became of them. */
        RETRIES("retries"),
        INTERRUPTS("interrupts"),
        /** Messages that were replaced, with all that followed them. */
        EDITS("edits"),
        PROMOTIONS("promotions"),
        FORKS("forks"),
        EVENTS("events"),
        READERS("readers"),
        RESUMES("resumes"),
        KILLS("kills"),
        FREEZES("freezes"),
        CUTS("cuts"),
        DRAINS("drains"),
        DATABASE_RESTARTS("database restarts");

        private final String column;

        Count(String column) {
            this.column = column;
        }

        String column() {
            return column;
        }
    }

    private final Map<Count, LongAdder> counts = new ConcurrentHashMap<>();

    /** When a process stopped working, by System.nanoTime. */
    private final Map<String, Long> lost = new ConcurrentHashMap<>();

    private final Samples takeOvers = new Samples();

    void add(Count what) {
        counts.computeIfAbsent(what, w -> new LongAdder()).increment();
    }

    long get(Count what) {
        return Optional.ofNullable(counts.get(what)).map(LongAdder::sum).orElse(0L);
    }

    /** The process was killed or frozen, now. */
    void lost(String process) {
        lost.put(process, System.nanoTime());
    }

    /** It goes on; whatever is taken from it later is taken for another reason. */
    void back(String process) {
        lost.remove(process);
    }

    /** What this process had begun is seen to begin anew. */
    void takenOver(String process) {
        Long since = lost.get(process);
        if (since != null) {
            synchronized (takeOvers) {
                takeOvers.add((double) (System.nanoTime() - since));
            }
        }
    }

    /** How long what was killed or frozen stood still, in nanoseconds. Only when nothing is added any more. */
    Samples takeOvers() {
        return takeOvers;
    }
}
