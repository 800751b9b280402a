package dev.millrace.bench.simulate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs all that can run, one step at a time, on the thread that calls {@link #run}: which step is next, how long it takes
 * and when a thread is interrupted in its course is drawn from the seed's random numbers.
 *
 * <p>A step is what a virtual thread does until it waits or yields. Time is a number: a step takes some of it, and when
 * nothing can run, it jumps to the next alarm. Nothing here knows the machine's clock, and no other thread is involved, so
 * a seed fixes the run.
 */
final class Scheduler {
    /** How the next step is chosen. */
    enum Order {
        /** Any, each as likely. */
        ANY,
        /** The one that is ready for the longest, most of the time, as real schedulers do. */
        OLDEST,
        /**
         * That of the thread with the highest priority; priorities are drawn, and changed now and then (after PCT, Burckhardt
         * et al., ASPLOS 2010). Finds what needs one thread to be slow for long.
         */
        PRIORITY
    }

    private record Ready(Lane lane, Runnable step) {}

    /** Something that happens at a time, unless it is called off. */
    static final class Alarm {
        private final long at;
        private final long number;
        private @Nullable Runnable action;

        private Alarm(long at, long number, Runnable action) {
            this.at = at;
            this.number = number;
            this.action = action;
        }

        void callOff() {
            action = null;
        }
    }

    /** A run that takes more steps is one that does not end. */
    private static final long MOST_STEPS = 3_000_000;

    private final SplittableRandom random;
    private final Order order;
    private final Trace trace;
    private final List<Ready> ready = new ArrayList<>();
    private final PriorityQueue<Alarm> alarms =
            new PriorityQueue<>(Comparator.<Alarm>comparingLong(a -> a.at).thenComparingLong(a -> a.number));
    private final IdentityHashMap<Runnable, Integer> priorities = new IdentityHashMap<>();
    private long now;
    private long steps;
    private long alarmsSet;
    private boolean stopped;
    private @Nullable Violation failure;

    Scheduler(long seed, Order order, Trace trace) {
        this.random = new SplittableRandom(seed);
        this.order = order;
        this.trace = trace;
    }

    /** The run's random numbers. Only for what runs under this scheduler. */
    SplittableRandom random() {
        return random;
    }

    /** True once in so many times. */
    boolean once(int in) {
        return random.nextInt(in) == 0;
    }

    /** Nanoseconds since the beginning. */
    long now() {
        return now;
    }

    long steps() {
        return steps;
    }

    Trace trace() {
        return trace;
    }

    void note(String who, String what) {
        trace.note(now, who, what);
    }

    void ready(Lane lane, Runnable step) {
        ready.add(new Ready(lane, step));
    }

    /** Does this after so long, between two steps. It must not block. */
    Alarm after(long nanos, Runnable action) {
        var alarm = new Alarm(now + Math.max(0, nanos), alarmsSet++, action);
        alarms.add(alarm);
        return alarm;
    }

    /** Parks the calling thread for this long, or until it is unparked. */
    void park(Object blocker, long nanos) {
        Thread me = Thread.currentThread();
        Alarm alarm = after(nanos, () -> LockSupport.unpark(me));
        LockSupport.park(blocker);
        alarm.callOff();
    }

    /** Lets others go first, now and then: called where the real thing could lose its processor at a bad moment. */
    @SuppressWarnings("ThreadPriorityCheck") // here the scheduler is ours
    void perhapsYield() {
        if (Thread.currentThread().isVirtual() && once(3)) {
            Thread.yield();
        }
    }

    /** A thread died of this; the run ends with it. */
    void crash(String thread, Throwable e) {
        if (failure == null) {
            failure = e instanceof Violation violation ? violation : new Violation(thread + " died of " + e, e);
        }
    }

    /** No further step is made. */
    void stop() {
        stopped = true;
    }

    /**
     * Runs until it is stopped.
     *
     * @param until a time at which everything should have ended long ago
     * @throws Violation if nothing can ever run again, or it does not end
     */
    void run(long until) {
        while (!stopped) {
            ringAlarms();
            if (stopped) {
                return;
            }
            if (ready.isEmpty()) {
                Alarm next = alarms.peek();
                if (next == null) {
                    throw new Violation("everything waits, and for nothing: a deadlock", null);
                }
                now = Math.max(now, next.at);
                continue;
            }
            if (now > until || ++steps > MOST_STEPS) {
                throw new Violation(
                        "it does not end: " + steps + " steps and " + now / 1_000_000_000 + " s of its own time", null);
            }
            Ready next = take();
            if (next.lane().admits(next.step())) {
                trace.step(next.lane().name().hashCode());
                next.step().run();
                if (failure != null) {
                    throw failure;
                }
                now += duration();
            }
        }
    }

    private void ringAlarms() {
        for (Alarm next = alarms.peek();
                next != null && (next.at <= now || next.action == null);
                next = alarms.peek()) {
            alarms.remove();
            if (next.action != null) {
                next.action.run();
            }
        }
    }

    /** Most steps take microseconds; now and then the process has to wait for its processor. */
    private long duration() {
        return once(400) ? random.nextInt(20_000_000) : random.nextInt(20_000);
    }

    private Ready take() {
        int size = ready.size();
        int chosen = size == 1
                ? 0
                : switch (order) {
                    case ANY -> random.nextInt(size);
                    case OLDEST -> once(8) ? random.nextInt(size) : 0;
                    case PRIORITY -> highest();
                };
        trace.step(chosen);
        if (order == Order.OLDEST) {
            return ready.remove(chosen);
        }
        Ready taken = ready.get(chosen);
        Ready end = ready.removeLast();
        if (chosen < ready.size()) {
            ready.set(chosen, end);
        }
        return taken;
    }

    private int highest() {
        int best = 0;
        int bestPriority = -1;
        for (int i = 0; i < ready.size(); i++) {
            int priority = priorities.computeIfAbsent(ready.get(i).step(), step -> random.nextInt(1 << 20));
            if (priority > bestPriority) {
                best = i;
                bestPriority = priority;
            }
        }
        if (once(50)) {
            priorities.put(ready.get(best).step(), random.nextInt(1 << 20));
        }
        return best;
    }
}
