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
}
