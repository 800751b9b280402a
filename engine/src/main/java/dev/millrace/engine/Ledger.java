package dev.millrace.engine;

import dev.millrace.core.Journal;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Write;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one way to change a context: draft, look at the state after, write, then start what became runnable, and publish.
 *
 * <p>Because the look at the state after is here, in the transaction, no caller can forget to wake anybody. A task that
 * became runnable while this process has room gets its lease in the same transaction, and the committed row is handed
 * to the worker in memory. Its agent begins while the disk still works on the commit: whatever it writes is committed, and
 * shown, behind that. With no room, or while others wait for it, the task stands in line for the dispatcher.
 */
final class Ledger {
    private final Store store;
    private final EngineSettings settings;
    private final Supplier<String> holder;
    private final Workers workers;
    private final Journals journals;
    private final Function<Lease, Runnable> starter;
    private final Line line;
    private final Causes causes = new Causes();
    private volatile Consumer<TaskRecord> stopped = task -> {};
    private volatile Consumer<String> watched = owner -> {};
    private volatile Consumer<Instant> asked = due -> {};

    /** The line of tasks that wait for a place. */
    interface Line {
        /** True while somebody may be waiting: who is runnable now stands in line, too. */
        boolean othersWait();

        /** Called after a commit that left a runnable task in line. */
        void leftWaiting();

        /** A place was given back. */
        void placeFree();
    }

    /** For a process that has its store for itself: it is one holder for as long as it runs. */
    Ledger(
            Store store,
            EngineSettings settings,
            Workers workers,
            Journals journals,
            Function<Lease, Runnable> starter,
            Line line) {
        this(store, settings, settings::worker, workers, journals, starter, line);
    }

    /**
     * @param holder in whose name leases are taken now
     * @param starter makes the turn of a lease known, and gives what starts it; neither may block
     */
    Ledger(
            Store store,
            EngineSettings settings,
            Supplier<String> holder,
            Workers workers,
            Journals journals,
            Function<Lease, Runnable> starter,
            Line line) {
        this.store = store;
        this.settings = settings;
        this.holder = holder;
        this.workers = workers;
        this.journals = journals;
        this.starter = starter;
        this.line = line;
    }

    /** Whom to tell, after the commit, of a task that was stopped while somebody may work on it. */
    void onStopped(Consumer<TaskRecord> listener) {
        stopped = listener;
    }

    /** Whom to tell, in the commit, of an owner one of whose contexts changed as lists show it. Must not block. */
    void onWatched(Consumer<String> listener) {
        watched = listener;
    }

    /** Whom to tell, in the commit, that a task has to be answered by a time. Must not block. */
    void onAsked(Consumer<Instant> listener) {
        asked = listener;
    }

    /** What tasks were asked for in. */
    Causes causes() {
        return causes;
    }

    private void tell(Draft draft) {
        Instant due = draft.due();
        if (due != null) {
            asked.accept(due);
        }
        String owner = draft.watched();
        if (owner != null) {
            watched.accept(owner);
        }
    }

    /** Changes a context in one transaction. The future fails with what {@code change} throws, or a StoreFailure. */
    <R> CompletableFuture<R> change(String contextId, Durability durability, Function<Draft, R> change) {
        Span cause = Span.current(); // of the thread that asks; a store decides on others
        // A store may decide several times; what was written is the last one's.
        var written = new ArrayList<TaskRecord>();
        var starts = new Starts();
        CompletableFuture<R> outcome = starts.around(() -> store.submit(contextId, durability, before -> {
            var draft = new Draft(before, contextId, settings.clock().instant());
            var leases = new ArrayList<Lease>();
            boolean waiting;
            R result;
            try {
                result = change.apply(draft);
                written.clear();
                written.addAll(draft.stopped());
                if (cause != Span.NONE) {
                    draft.asked().forEach(taskId -> causes.put(taskId, cause));
                }
                waiting = draft.movedTasks()
                        && !draft.forgotten()
                        && lookAtStateAfter(draft, leases, Integer.MAX_VALUE, line.othersWait());
            } catch (RuntimeException | Error e) {
                giveBack(leases);
                throw e;
            }
            return draft.toWrite(
                    result,
                    () -> {
                        draft.written();
                        leases.forEach(lease -> starts.add(starter.apply(lease)));
                    },
                    () -> {
                        draft.committed();
                        journals.publish(contextId, draft.events());
                        tell(draft);
                        if (waiting) {
                            line.leftWaiting();
                        }
                    },
                    () -> giveBack(leases));
        }));
        if (outcome.isDone()) {
            if (!outcome.isCompletedExceptionally()) {
                written.forEach(stopped);
            }
            return outcome;
        }
        // Not in the commit: a store may hold a lock there that a turn, which has locks of its own, waits for.
        var told = new CompletableFuture<R>();
        var _ = outcome.whenComplete((result, failure) -> {
            if (failure == null) {
                written.forEach(stopped);
                told.complete(result);
            } else {
                told.completeExceptionally(failure);
            }
        });
        return told;
    }

    /**
     * Appends what a turn emits, while its lease holds. By far the most frequent change; no task moves by it, so there is no
     * state after it to look at.
     *
     * @param check asked in the transaction, too; throws if it is not to be written
     */
    CompletableFuture<?> emit(Lease lease, List<Event> batch, Runnable check) {
        String contextId = lease.task().contextId();
        return store.submit(contextId, Durability.WRITTEN, before -> {
            check.run();
            requireLease(before.task(lease.task().id()), lease);
            Context there = Objects.requireNonNull(before.context(contextId), "a task has a context");
            var entries = new ArrayList<Journal.Entry<Event>>(batch.size());
            long offset = there.lastOffset();
            for (Event event : batch) {
                entries.add(new Journal.Entry<>(++offset, event));
            }
            return new Write<>(
                    true,
                    there.at(offset),
                    List.of(),
                    entries,
                    List.of(),
                    null,
                    () -> journals.publish(contextId, entries),
                    () -> {});
        });
    }

    /** The leases were not committed. Who looked for a place meanwhile found none, and must look again. */
    private void giveBack(List<Lease> leases) {
        leases.forEach(lease -> workers.giveBack());
        if (!leases.isEmpty()) {
            line.placeFree();
        }
    }

    /** The task as it is, if this lease still holds, and this process still goes by the name in which it took it. */
    TaskRecord requireLease(Draft draft, Lease lease) {
        return requireLease(draft.task(lease.task().id()), lease);
    }

    private TaskRecord requireLease(@Nullable TaskRecord now, Lease lease) {
        boolean holds = now != null
                && now.epoch() == lease.task().epoch()
                && holder.get().equals(lease.task().leasedBy())
                && TaskTable.next(now.state(), Transition.EMIT).isPresent();
        if (!holds || now == null) {
            throw new TurnLost("task " + lease.task().id() + " is "
                    + (now == null ? "gone" : now.state().toString())
                    + "; this turn (epoch " + lease.task().epoch() + ") may write no more");
        }
        return now;
    }

    /** What became of a look at a context. */
    enum Look {
        /** The first task that was runnable has its lease. */
        STARTED,
        /** A task is runnable, and no place was free for it. */
        NO_PLACE,
        /** Nothing is runnable (any more). */
        NOTHING
    }

    /**
     * Only looks at the state: takes the lease of the first task of the context that is runnable, if there is one. No
     * more than one, so that a context with many does not take every place before the next owner's turn.
     */
    CompletableFuture<Look> look(String contextId) {
        var starts = new Starts();
        return starts.around(() -> store.submit(contextId, Durability.WRITTEN, before -> {
            var draft = new Draft(before, contextId, settings.clock().instant());
            var leases = new ArrayList<Lease>();
            boolean waiting = false;
            if (draft.context() != null) {
                try {
                    waiting = lookAtStateAfter(draft, leases, 1, false);
                } catch (RuntimeException | Error e) {
                    giveBack(leases);
                    throw e;
                }
            }
            return draft.toWrite(
                    !leases.isEmpty() ? Look.STARTED : waiting ? Look.NO_PLACE : Look.NOTHING,
                    () -> leases.forEach(lease -> starts.add(starter.apply(lease))),
                    () -> {
                        journals.publish(contextId, draft.events());
                        tell(draft);
                    },
                    () -> giveBack(leases));
        }));
    }

    /**
     * Turns that a write starts. A store that writes within the call holds a lock meanwhile, which is the first thing that the
     * turn wants: there they start when the call has returned. Elsewhere they start when it is written.
     */
    private static final class Starts {
        private final Thread caller = Thread.currentThread();
        private final List<Runnable> held = new ArrayList<>();

        /** For the caller's thread alone. */
        private boolean returned;

        void add(Runnable start) {
            if (Thread.currentThread() == caller && !returned) {
                held.add(start);
            } else {
                start.run();
            }
        }

        <R> R around(Supplier<R> submit) {
            try {
                return submit.get();
            } finally {
                returned = true;
                held.forEach(Runnable::run);
            }
        }
    }

    /** True if something runnable was left in line. */
    private boolean lookAtStateAfter(Draft draft, List<Lease> leases, int most, boolean standInLine) {
        Context context = draft.existing();
        boolean serial = context.concurrency() == Context.Concurrency.SERIAL;
        if (context.shelf().archived() || (serial && context.held())) {
            return false;
        }
        for (TaskRecord task : draft.openTasks()) {
            if (TaskTable.next(task.state(), Transition.ACQUIRE).isPresent()) {
                if (standInLine || leases.size() == most || !workers.tryTake()) {
                    return true;
                }
                leases.add(draft.acquire(task, holder.get()));
                if (serial) {
                    return false;
                }
            } else if (serial && task.holds()) {
                return false;
            }
        }
        return false;
    }
}
