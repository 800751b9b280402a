package dev.millrace.core;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Delivering against closing. The fetches run in the tests' own actors, so that jcstress interleaves them too. */
final class PrefetchInterleavings {
    private PrefetchInterleavings() {}

    /** A thread that does not run: an actor does its work. */
    private static final class Idle extends Thread {
        @Override
        public synchronized void start() {}
    }

    /** One block: it is delivered or discarded, exactly once, and the reader always wakes. */
    @JCStressTest
    @Outcome(
            id = {"1, 0", "0, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "delivered or discarded")
    @Outcome(expect = Expect.FORBIDDEN, desc = "lost, or both")
    @State
    public static class DeliverAndClose {
        private final AtomicInteger discarded = new AtomicInteger();
        private Runnable fetching;
        private final Prefetch<Integer, Integer> prefetch = Prefetch.<Integer, Integer>of(
                        List.of(1).iterator(), key -> key)
                .threadFactory(work -> {
                    fetching = work;
                    return new Idle();
                })
                .onDiscard(block -> discarded.incrementAndGet())
                .start();

        @Actor
        public void fetcher() {
            fetching.run();
        }

        @Actor
        public void closer() {
            prefetch.close();
        }

        @Actor
        public void reader(II_Result r) {
            try {
                r.r1 = prefetch.next().orElse(-1);
            } catch (CancellationException e) {
                r.r1 = 0;
            } catch (InterruptedException | ExecutionException e) {
                r.r1 = -2;
            }
        }

        @Arbiter
        public void after(II_Result r) {
            r.r2 = discarded.get();
        }
    }

    /** The fetch ends and the prefetch closes: nobody reads, so the block is discarded, once. */
    @JCStressTest
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "discarded once")
    @Outcome(expect = Expect.FORBIDDEN, desc = "kept, or discarded twice")
    @State
    public static class FetchAndClose {
        private final AtomicInteger discarded = new AtomicInteger();
        private Runnable fetching;
        private final Prefetch<Integer, Integer> prefetch = Prefetch.<Integer, Integer>of(
                        List.of(1).iterator(), key -> key)
                .threadFactory(work -> {
                    fetching = work;
                    return new Idle();
                })
                .onDiscard(block -> discarded.incrementAndGet())
                .start();

        @Actor
        public void fetcher() {
            fetching.run();
        }

        @Actor
        public void closer() {
            prefetch.close();
        }

        @Arbiter
        public void after(II_Result r) {
            r.r1 = prefetch.statistics().undelivered();
            r.r2 = discarded.get();
        }
    }

    /** A block is there, and the reader and the closer both reach for it. */
    @JCStressTest
    @Outcome(
            id = {"1, 0", "0, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "delivered or discarded")
    @Outcome(expect = Expect.FORBIDDEN, desc = "lost, or both")
    @State
    public static class NextAndClose {
        private final AtomicInteger discarded = new AtomicInteger();
        private Runnable fetching;
        private final Prefetch<Integer, Integer> prefetch = Prefetch.<Integer, Integer>of(
                        List.of(1).iterator(), key -> key)
                .threadFactory(work -> {
                    fetching = work;
                    return new Idle();
                })
                .onDiscard(block -> discarded.incrementAndGet())
                .start();

        {
            fetching.run();
        }

        @Actor
        public void reader(II_Result r) {
            try {
                r.r1 = prefetch.next().orElse(-1);
            } catch (CancellationException e) {
                r.r1 = 0;
            } catch (InterruptedException | ExecutionException e) {
                r.r1 = -2;
            }
        }

        @Actor
        public void closer() {
            prefetch.close();
        }

        @Arbiter
        public void after(II_Result r) {
            r.r2 = discarded.get();
        }
    }

    /** The reader waits, or not yet, when its block comes. */
    @JCStressTest
    @Outcome(id = "7, 0", expect = Expect.ACCEPTABLE, desc = "woken, with the whole block")
    @Outcome(expect = Expect.FORBIDDEN, desc = "no block, or not the whole of it")
    @State
    public static class FetchAndNext {
        private Runnable fetching;
        private final Prefetch<Integer, int[]> prefetch = Prefetch.<Integer, int[]>of(
                        List.of(7).iterator(), key -> new int[] {key})
                .threadFactory(work -> {
                    fetching = work;
                    return new Idle();
                })
                .start();

        @Actor
        public void fetcher() {
            fetching.run();
        }

        @Actor
        public void reader(II_Result r) {
            try {
                r.r1 = prefetch.next().orElseThrow()[0];
            } catch (InterruptedException | ExecutionException e) {
                r.r1 = -2;
            }
        }
    }
}
