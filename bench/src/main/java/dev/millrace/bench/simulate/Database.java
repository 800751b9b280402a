package dev.millrace.bench.simulate;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Write;
import dev.millrace.protocol.TaskState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The store behind all processes: it commits by compare-and-set on a context's version, as our PostgreSQL store does, and
 * knows what has reached its disk. Everything here happens in one moment; what takes time is the {@link Wire}.
 */
final class Database {
    /** What became of a request to write. */
    enum Outcome {
        COMMITTED,
        /** Somebody else wrote first. */
        LOST,
        /** Its sender asked what had become of it before it arrived; it does nothing any more. */
        FENCED
    }

    /**
     * @param number unique; names it when its sender asks what became of it
     * @param expected the version that it was decided on
     * @param writes in order; empty = only the version is checked
     */
    record Request(
            long number, String by, String contextId, long expected, List<Write<?>> writes, Durability durability) {}

    private final Scheduler scheduler;
    private final Audit audit;
    private final boolean shared;
    private final Map<Long, Outcome> outcomes = new HashMap<>();
    private final List<State> unsynced = new ArrayList<>();
    private State state = State.empty();
    private boolean full;
    private long requests;

    /** @param shared by several processes, which have leases */
    Database(Scheduler scheduler, Audit audit, boolean shared) {
        this.scheduler = scheduler;
        this.audit = audit;
        this.shared = shared;
    }

    State state() {
        return state;
    }

    boolean shared() {
        return shared;
    }

    long nextRequest() {
        return ++requests;
    }

    StateReader reader() {
        return new StateReader(state, scheduler.now(), shared);
    }

    Outcome commit(Request request) {
        if (outcomes.containsKey(request.number())) {
            return Outcome.FENCED;
        }
        boolean writes = request.writes().stream().anyMatch(write -> !write.isEmpty());
        if (full && writes) {
            throw new StoreFailure("no room on the disk");
        }
        Kept before = state.context(request.contextId());
        if (before.version() != request.expected()) {
            scheduler.note(request.by(), request.contextId() + " lost the race for version " + request.expected());
            return outcome(request, Outcome.LOST);
        }
        if (writes) {
            write(request, before);
        }
        return outcome(request, Outcome.COMMITTED);
    }

    private Outcome outcome(Request request, Outcome outcome) {
        outcomes.put(request.number(), outcome);
        return outcome;
    }

    private void write(Request request, Kept before) {
        State after = state;
        Kept last = before;
        for (Write<?> write : request.writes()) {
            if (!write.isEmpty()) {
                after = after.after(request.contextId(), write);
                scheduler.note(request.by(), Audit.describe(request.contextId(), write, request.durability()));
                write.tasks()
                        .forEach(
                                task -> requireDead(request.by(), before.tasks().get(task.id()), task));
                audit.committed(last, after.context(request.contextId()), write);
                last = after.context(request.contextId());
            }
        }
        if (request.durability() == Durability.FSYNCED) {
            unsynced.clear();
        } else {
            unsynced.add(state);
        }
        state = after;
    }

    /** A task that somebody works on is taken from nobody who lives. */
    private void requireDead(String by, @Nullable TaskRecord was, TaskRecord is) {
        if (!shared || was == null || was.state() != TaskState.WORKING || was.leasedBy() == null) {
            return;
        }
        boolean taken = is.state() == TaskState.SUBMITTED || is.epoch() > was.epoch();
        boolean own = was.leasedBy().equals(by) || was.leasedBy().startsWith(by + "-");
        Violation.unless(
                !taken || own || !reader().alive(was.leasedBy()),
                by + " takes task " + was.id() + " from " + was.leasedBy() + ", which lives");
    }

    /** Learns what became of a request; one that has not arrived never will. */
    Outcome ask(long number) {
        return outcomes.computeIfAbsent(number, n -> Outcome.FENCED);
    }

    void setFull(boolean now) {
        full = now;
    }

    /** Loses some of what did not reach the disk, from the end. */
    void losePower() {
        if (!unsynced.isEmpty()) {
            int left = scheduler.random().nextInt(unsynced.size() + 1);
            if (left < unsynced.size()) {
                scheduler.note("database", unsynced.size() - left + " unsynced commit(s) are gone");
                state = unsynced.get(left);
                audit.wentBack(state);
            }
            unsynced.clear();
        }
    }

    /** True if this process may go on: its lease had not run out. It takes one if it never had one. */
    boolean lease(String id, long nanos, boolean join) {
        boolean alive = join || reader().alive(id);
        if (alive) {
            state = state.withLease(id, scheduler.now() + nanos);
        }
        return alive;
    }

    void leave(String id) {
        state = state.withLease(id, null);
    }

    /** The leases that have not run out, by id, and the nanoseconds that are left of them. */
    SortedMap<String, Long> alive() {
        var alive = new TreeMap<String, Long>();
        state.leases().forEach((id, end) -> {
            if (end > scheduler.now()) {
                alive.put(id, end - scheduler.now());
            }
        });
        return alive;
    }

    /** When the next lease of another runs out; -1 = there is no other. */
    long nextEnd(String id) {
        return state.leases().entrySet().stream()
                .filter(lease -> !lease.getKey().equals(id) && lease.getValue() > scheduler.now())
                .mapToLong(lease -> lease.getValue() - scheduler.now())
                .min()
                .orElse(-1);
    }
}
