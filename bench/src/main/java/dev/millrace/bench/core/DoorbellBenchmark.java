package dev.millrace.bench.core;

import dev.millrace.core.Doorbell;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a ring costs who rings, and how long a sleeper takes to wake. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DoorbellBenchmark {
    private final Doorbell coalescing = new Doorbell();
    private final Doorbell there = new Doorbell();
    private final Doorbell back = new Doorbell();
    private Thread echo = new Thread();

    /** A virtual thread that answers every ring. */
    @Setup(Level.Trial)
    public void startEcho() {
        echo = Thread.ofVirtual().start(() -> {
            try {
                for (; ; ) {
                    there.await();
                    back.ring();
                }
            } catch (InterruptedException e) {
                // The trial is over.
            }
        });
    }

    @TearDown(Level.Trial)
    public void stopEcho() {
        echo.interrupt();
    }

    /** Nobody waits, and the ring before was not taken. */
    @Benchmark
    public void ringThatCoalesces() {
        coalescing.ring();
    }

    /** A ring and a wait that finds it. */
    @Benchmark
    public void ringThenAwait() throws InterruptedException {
        coalescing.ring();
        coalescing.await();
    }

    /** There and back: two wake-ups between a platform thread and a virtual one. */
    @Benchmark
    public void pingPong() throws InterruptedException {
        there.ring();
        back.await();
    }
}
