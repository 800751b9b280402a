package dev.millrace.bench.core;

import dev.millrace.core.Prefetch;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Gatherers;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a block costs when the fetch itself is free, beside {@code Gatherers.mapConcurrent}. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PrefetchBenchmark {
    private static final int BLOCKS = 256;

    @Benchmark
    @OperationsPerInvocation(BLOCKS)
    public long prefetch() throws InterruptedException, ExecutionException {
        long sum = 0;
        try (var prefetch = Prefetch.<Integer, Integer>of(
                        IntStream.range(0, BLOCKS).iterator(), key -> key)
                .concurrency(4)
                .start()) {
            for (Optional<Integer> block = prefetch.next(); block.isPresent(); block = prefetch.next()) {
                sum += block.get();
            }
        }
        return sum;
    }

    @Benchmark
    @OperationsPerInvocation(BLOCKS)
    public long mapConcurrent() {
        return IntStream.range(0, BLOCKS)
                .boxed()
                .gather(Gatherers.mapConcurrent(4, (Integer key) -> key))
                .mapToLong(Integer::longValue)
                .sum();
    }
}
