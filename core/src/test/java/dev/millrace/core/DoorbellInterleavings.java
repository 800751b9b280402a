package dev.millrace.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** Rings against waits, in every interleaving that the machine and the compilers produce. A lost ring is a hang. */
final class DoorbellInterleavings {
    private DoorbellInterleavings() {}

    private static void await(Doorbell bell) {
        try {
            bell.await();
        } catch (InterruptedException e) {
            // Nobody interrupts an actor, except when the run is over.
            throw new IllegalStateException(e);
        }
    }

    /** A plain write before the ring; the waiter must wake, and see it. */
    @JCStressTest
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "woken, and saw what was done before the ring")
    @Outcome(expect = Expect.FORBIDDEN, desc = "woken too early, or blind")
    @State
    public static class RingAndAwait {
        private final Doorbell bell = new Doorbell();
        private int done;

        @Actor
        public void ringer() {
            done = 1;
            bell.ring();
        }

        @Actor
        public void waiter(I_Result r) {
            await(bell);
            r.r1 = done;
        }
    }

    /** Two ringers: one or two rings are taken, and whoever took the last saw both. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "both seen, after one ring or two")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a coalesced ring was blind")
    @State
    public static class TwoRingers {
        private final Doorbell bell = new Doorbell();
        private int first;
        private int second;

        @Actor
        public void one() {
            first = 1;
            bell.ring();
        }

        @Actor
        public void two() {
            second = 1;
            bell.ring();
        }

        @Actor
        public void waiter(II_Result r) {
            do {
                await(bell);
                r.r1 = first;
                r.r2 = second;
            } while (r.r1 + r.r2 < 2);
        }
    }

    /** A poll takes the ring, or leaves it for the next; it is never taken twice and never gone. */
    @JCStressTest
    @Outcome(
            id = {"0, 1", "1, 0"},
            expect = Expect.ACCEPTABLE,
            desc = "taken once")
    @Outcome(expect = Expect.FORBIDDEN, desc = "lost, or taken twice")
    @State
    public static class RingAndPoll {
        private final Doorbell bell = new Doorbell();

        @Actor
        public void ringer() {
            bell.ring();
        }

        @Actor
        public void poller(II_Result r) {
            r.r1 = bell.poll() ? 1 : 0;
        }

        @Arbiter
        public void after(II_Result r) {
            r.r2 = bell.poll() ? 1 : 0;
        }
    }
}
