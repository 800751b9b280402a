package dev.millrace.bench.core;

import dev.millrace.core.Cursor;
import dev.millrace.core.Doorbell;
import dev.millrace.core.Journal;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What an event costs its writer and its readers. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class JournalBenchmark {
    private static final int EVENTS = 1_000;

    /** A journal with a bounded tail, that nobody reads. */
    @State(Scope.Benchmark)
    public static class Unread {
        private final Journal<String> journal = Journal.over((after, max) -> List.of(), 1 << 20, event -> 100, 0);
    }

    @Benchmark
    public long append(Unread state) {
        return state.journal.append("event");
    }

    /** A full journal, and a cursor that starts again whenever it has read it all. */
    @State(Scope.Thread)
    public static class Full {
        private final Journal<String> journal = Journal.inMemory();
        private final Cursor<String> cursor = journal.cursor(0);

        @Setup
        public void fill() {
            for (int i = 0; i < EVENTS; i++) {
                journal.append("event");
            }
        }
    }

    /** Per event, 32 at a time. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public int read(Full state) throws InterruptedException {
        state.cursor.seek(0);
        int seen = 0;
        while (seen < EVENTS) {
            seen += state.cursor.poll(32).size();
        }
        return seen;
    }

    /** Readers on virtual threads that follow one journal. */
    @State(Scope.Benchmark)
    public static class Followed {
        @Param({"1", "100", "1000"})
        private int readers;

        private final Journal<String> journal = Journal.over((after, max) -> List.of(), 1 << 20, event -> 100, 0);
        private final AtomicInteger behind = new AtomicInteger();
        private final Doorbell allThere = new Doorbell();
        private volatile long target = Long.MAX_VALUE;

        @Setup
        public void follow() {
            for (int i = 0; i < readers; i++) {
                Thread.ofVirtual().start(() -> {
                    try (Cursor<String> cursor = journal.cursor(0)) {
                        while (!cursor.ended()) {
                            cursor.take(32);
                            if (cursor.position() == target && behind.decrementAndGet() == 0) {
                                allThere.ring();
                            }
                        }
                    } catch (InterruptedException e) {
                        // Nobody interrupts it.
                    }
                });
            }
        }

        @TearDown
        public void end() {
            journal.close();
        }

        private long next = 0;

        void deliver(int events) throws InterruptedException {
            behind.set(readers);
            next += events;
            target = next;
            for (int i = 0; i < events; i++) {
                journal.append("event");
            }
            allThere.await();
        }
    }

    /** Until all readers have one event for which all were waiting. */
    @Benchmark
    public void wakeAll(Followed state) throws InterruptedException {
        state.deliver(1);
    }

    /** Per event, until all readers have all of a thousand. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void streamToAll(Followed state) throws InterruptedException {
        state.deliver(EVENTS);
    }
}
