package dev.millrace.core;

import java.util.ArrayList;
import java.util.List;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A wave against readers that leave, come back, close, and a list that is tidied: without blocking, so that two actors
 * are enough to have many readers.
 */
final class WaitersInterleavings {
    private WaitersInterleavings() {}

    private static List<Waiter> enlisted(Waiters waiters, int n) {
        var all = new ArrayList<Waiter>();
        for (int i = 0; i < n; i++) {
            var waiter = new Waiter();
            waiters.enlist(waiter);
            all.add(waiter);
        }
        return all;
    }

    /** Lets every reader that was rung leave its wait, as it would, until no more are: how many were. */
    private static int run(List<Waiter> readers) {
        int woken = 0;
        for (boolean more = true; more; ) {
            more = false;
            for (Waiter reader : readers) {
                if (reader.bell.poll()) {
                    reader.leave();
                    woken++;
                    more = true;
                }
            }
        }
        return woken;
    }

    /** The reader that would be woken first is interrupted at that moment. The other four depend on it, or not. */
    @JCStressTest
    @Outcome(id = "4", expect = Expect.ACCEPTABLE, desc = "all others were woken")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a reader was left asleep")
    @State
    public static class WakeAndLeave {
        private final Waiters waiters = new Waiters();
        private final List<Waiter> others = enlisted(waiters, 4);
        private final Waiter first = enlisted(waiters, 1).getFirst();

        @Actor
        public void writer() {
            waiters.wake();
        }

        @Actor
        public void interrupted() {
            first.leave();
        }

        @Arbiter
        public void after(I_Result r) {
            r.r1 = run(others);
        }
    }

    /** A reader that has left comes back while the wave passes: it is woken, or it sees why the wave came. */
    @JCStressTest
    @Outcome(
            id = {"0, 1", "1, 0", "1, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "saw the news, or was woken, or both")
    @Outcome(expect = Expect.FORBIDDEN, desc = "asleep, with news")
    @State
    public static class WakeAndComeBack {
        private final Waiters waiters = new Waiters();
        private final Waiter reader = enlisted(waiters, 1).getFirst();
        private volatile int news;

        {
            reader.leave();
        }

        @Actor
        public void writer() {
            news = 1;
            waiters.wake();
        }

        @Actor
        public void reader(II_Result r) {
            waiters.enlist(reader);
            r.r1 = news;
        }

        @Arbiter
        public void after(II_Result r) {
            r.r2 = reader.bell.poll() ? 1 : 0;
        }
    }

    /** Two writers' waves go through one list. */
    @JCStressTest
    @Outcome(id = "5", expect = Expect.ACCEPTABLE, desc = "each was woken once")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a reader was left asleep, or was woken twice")
    @State
    public static class TwoWriters {
        private final Waiters waiters = new Waiters();
        private final List<Waiter> readers = enlisted(waiters, 5);

        @Actor
        public void one() {
            waiters.wake();
        }

        @Actor
        public void two() {
            waiters.wake();
        }

        @Arbiter
        public void after(I_Result r) {
            r.r1 = run(readers);
        }
    }

    /** Two readers that were woken carry one wave on. */
    @JCStressTest
    @Outcome(id = "5", expect = Expect.ACCEPTABLE, desc = "all others were woken once")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a reader was left asleep, or was woken twice")
    @State
    public static class TwoCarriers {
        private final Waiters waiters = new Waiters();
        private final List<Waiter> others = enlisted(waiters, 5);
        private final List<Waiter> carriers = enlisted(waiters, 2);

        {
            waiters.wake();
        }

        @Actor
        public void one() {
            carriers.get(0).leave();
        }

        @Actor
        public void two() {
            carriers.get(1).leave();
        }

        @Arbiter
        public void after(I_Result r) {
            r.r1 = run(others);
        }
    }
}
