package dev.millrace.bench.prefetch;

import dev.millrace.core.Prefetch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Gatherers;

/** A way to fetch blocks several at a time and deliver them in order. */
interface Strategy {
    /** Fetches all blocks; gives each to the sink, in order, as soon as this way has it. */
    void deliver(List<Block> blocks, Fetcher fetcher, Sink sink) throws Exception;

    /** Fetches one block; blocks the thread. */
    @FunctionalInterface
    interface Fetcher {
        byte[] fetch(Block block) throws Exception;
    }

    /** Takes a block. */
    @FunctionalInterface
    interface Sink {
        void take(byte[] bytes);
    }

    /** Where a block is. */
    record Block(long from, int length) {}

    /** Blocks between fetcher and reader, as the seed had. */
    int QUEUE = 8;

    /** Before: a batch of N is fetched, and when all of it is there, all of it is handed on; then the next. */
    static Strategy barrier(int n) {
        return batches(n, true);
    }

    /** The seed's change: the same batches, but each block is handed on in its turn as soon as it is there. */
    static Strategy batchDrain(int n) {
        return batches(n, false);
    }

    private static Strategy batches(int n, boolean barrier) {
        return (blocks, fetcher, sink) -> {
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                BlockingQueue<byte[]> queue = new ArrayBlockingQueue<>(QUEUE);
                Future<?> feeder = threads.submit((Callable<Boolean>) () -> {
                    for (int i = 0; i < blocks.size(); i += n) {
                        List<Block> batch = blocks.subList(i, Math.min(blocks.size(), i + n));
                        var fetches = new ArrayList<Future<byte[]>>();
                        batch.forEach(block -> fetches.add(threads.submit(() -> fetcher.fetch(block))));
                        if (barrier) {
                            for (Future<byte[]> fetch : fetches) {
                                fetch.get();
                            }
                        }
                        for (Future<byte[]> fetch : fetches) {
                            queue.put(fetch.get());
                        }
                    }
                    return true;
                });
                for (int i = 0; i < blocks.size(); i++) {
                    sink.take(queue.take());
                }
                feeder.get();
            }
        };
    }

    /** What the JDK has: ordered, N at a time, and what is finished and not delivered counts among the N. */
    static Strategy mapConcurrent(int n) {
        return (blocks, fetcher, sink) -> blocks.stream()
                .gather(Gatherers.mapConcurrent(n, block -> {
                    try {
                        return fetcher.fetch(block);
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                }))
                .forEachOrdered(sink::take);
    }

    /** Ours. */
    static Strategy window(int n) {
        return (blocks, fetcher, sink) ->
                drain(Prefetch.of(blocks.iterator(), fetcher::fetch).concurrency(n), sink);
    }

    /** Ours, with a second fetch for a head that is late, within 5 %. */
    static Strategy windowWithHedge(int n, Duration after) {
        return (blocks, fetcher, sink) -> drain(
                Prefetch.of(blocks.iterator(), fetcher::fetch).concurrency(n).hedge(after, 0.05), sink);
    }

    private static void drain(Prefetch.Builder<Block, byte[]> settings, Sink sink)
            throws InterruptedException, ExecutionException {
        try (Prefetch<Block, byte[]> prefetch = settings.start()) {
            for (var block = prefetch.next(); block.isPresent(); block = prefetch.next()) {
                sink.take(block.get());
            }
        }
    }
}
