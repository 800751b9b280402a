package dev.millrace.engine.store.postgres;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.StoreFailure;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What was submitted and is not answered: a line for each context.
 *
 * <p>At most one writer has the submits of a context in its hands, so they are decided in their order. Which writer may
 * take a line depends on its head: a chunk goes to the writers that wait for no disk, so that it never waits for the
 * fsync of somebody else's message. Such a writer takes the line up to the first submit that needs the fsync; the others
 * take all of it, and a chunk behind a message of its own context waits with that.
 */
final class Lines {
    /** Contexts in one group, so that the first of them does not wait for too many others. */
    private static final int GROUP_LIMIT = 512;

    /** Submits of one context in one group. */
    private static final int LINE_LIMIT = 256;

    private static final class Line {
        final String contextId;
        final Deque<Submitted<?>> waiting = new ArrayDeque<>();
        boolean taken;

        Line(String contextId) {
            this.contextId = contextId;
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Line> lines = new HashMap<>();
    private final Map<Durability, Deque<Line>> ready = new EnumMap<>(Durability.class);
    private final Map<Durability, Condition> arrived = new EnumMap<>(Durability.class);
    private boolean closed;

    Lines() {
        for (Durability each : Durability.values()) {
            ready.put(each, new ArrayDeque<>());
            arrived.put(each, lock.newCondition());
        }
    }

    /** False if nothing is taken any more. */
    boolean add(Submitted<?> submitted) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            Line line = lines.computeIfAbsent(submitted.contextId(), Line::new);
            line.waiting.add(submitted);
            if (!line.taken && line.waiting.size() == 1) {
                offer(line);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void offer(Line line) {
        Durability head = line.waiting.element().durability();
        queue(head).add(line);
        Objects.requireNonNull(arrived.get(head)).signal();
    }

    private Deque<Line> queue(Durability durability) {
        return Objects.requireNonNull(ready.get(durability));
    }

    /**
     * Waits until there is something for a writer of this kind and takes what there is. Empty: there will never be more.
     * What was taken must be {@linkplain #done given back}.
     */
    List<Member> take(Durability durability) {
        lock.lock();
        try {
            while (queue(durability).isEmpty() && !(closed && lines.isEmpty())) {
                Objects.requireNonNull(arrived.get(durability)).awaitUninterruptibly();
            }
            var group = new ArrayList<Member>();
            for (Line line = queue(durability).poll();
                    line != null;
                    line = queue(durability).poll()) {
                line.taken = true;
                group.add(new Member(line.contextId, head(line, durability)));
                if (group.size() == GROUP_LIMIT) {
                    break;
                }
            }
            return group;
        } finally {
            lock.unlock();
        }
    }

    private static List<Submitted<?>> head(Line line, Durability durability) {
        var head = new ArrayList<Submitted<?>>();
        while (head.size() < LINE_LIMIT
                && !line.waiting.isEmpty()
                && (durability == Durability.FSYNCED || line.waiting.element().durability() == Durability.WRITTEN)) {
            head.add(line.waiting.remove());
        }
        return head;
    }

    /** What was taken of these contexts is answered. */
    void done(List<Member> group) {
        lock.lock();
        try {
            for (Member member : group) {
                Line line = Objects.requireNonNull(lines.get(member.contextId()));
                line.taken = false;
                if (line.waiting.isEmpty()) {
                    lines.remove(member.contextId());
                } else {
                    offer(line);
                }
            }
            if (closed && lines.isEmpty()) {
                arrived.values().forEach(Condition::signalAll);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Gives up what has waited for longer than {@code patience} and is in no writer's hands. */
    void giveUp(Duration patience, StoreFailure reason) {
        var late = new ArrayList<Submitted<?>>();
        lock.lock();
        try {
            long now = System.nanoTime();
            for (Line line : List.copyOf(lines.values())) {
                // From the head: who comes later has waited less.
                while (!line.waiting.isEmpty()
                        && line.waiting.element().waitedNanos(now) > patience.toNanos()
                        && !line.taken) {
                    late.add(line.waiting.remove());
                    ready.values().forEach(queue -> queue.remove(line));
                    if (line.waiting.isEmpty()) {
                        lines.remove(line.contextId);
                    } else {
                        offer(line);
                    }
                }
            }
            if (closed && lines.isEmpty()) {
                arrived.values().forEach(Condition::signalAll);
            }
        } finally {
            lock.unlock();
        }
        late.forEach(each -> each.giveUp(reason)); // outside the lock: who waits for it may submit again
    }

    /** Takes nothing more; what is here is still written. */
    void close() {
        lock.lock();
        try {
            closed = true;
            arrived.values().forEach(Condition::signalAll);
        } finally {
            lock.unlock();
        }
    }

    boolean closed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Waits out a pause, which the end of this being open does not cut short. */
    static void pause(Duration pause) {
        try {
            TimeUnit.NANOSECONDS.sleep(pause.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
