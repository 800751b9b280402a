package dev.millrace.engine;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.TaskRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The one way to change a context: draft, look at the state after, write, then publish and start what became runnable.
 *
 * <p>Because the look at the state after is here, in the transaction, no caller can forget to wake anybody. A task that
 * became runnable while this process has room gets its lease in the same transaction, and the committed row is handed
 * to the worker in memory. With no room, or while others wait for it, the task stands in line for the dispatcher.
 */
final class Ledger {
    private final Store store;
    private final EngineSettings settings;
    private final Workers workers;
    private final Journals journals;
    private final Consumer<Lease> starter;
    private final Line line;

    /** The line of tasks that wait for a place. */
    interface Line {
        /** True while somebody may be waiting: who is runnable now stands in line, too. */
        boolean othersWait();

        /** Called after a commit that left a runnable task in line. */
        void leftWaiting();
    }

    /** @param starter starts the turn of a lease; must not block */
    Ledger(
            Store store,
            EngineSettings settings,
            Workers workers,
            Journals journals,
            Consumer<Lease> starter,
            Line line) {
        this.store = store;
        this.settings = settings;
        this.workers = workers;
        this.journals = journals;
        this.starter = starter;
        this.line = line;
    }

    /** Changes a context in one transaction. The future fails with what {@code change} throws, or a StoreFailure. */
    <R> CompletableFuture<R> change(String contextId, Durability durability, Function<Draft, R> change) {
        return store.submit(contextId, durability, before -> {
            var draft = new Draft(before, contextId, settings.clock().instant());
            var leases = new ArrayList<Lease>();
            boolean waiting;
            R result;
            try {
                result = change.apply(draft);
                waiting = draft.movedTasks() && lookAtStateAfter(draft, leases, line.othersWait());
            } catch (RuntimeException e) {
                leases.forEach(lease -> workers.giveBack());
                throw e;
            }
            return draft.toWrite(
                    result,
                    () -> {
                        journals.publish(contextId, draft.events());
                        leases.forEach(starter);
                        if (waiting) {
                            line.leftWaiting();
                        }
                    },
                    () -> leases.forEach(lease -> workers.giveBack()));
        });
    }

    /** Only looks at the state: takes the leases of what is runnable in the context. */
    CompletableFuture<Integer> look(String contextId) {
        return store.submit(contextId, Durability.WRITTEN, before -> {
            var draft = new Draft(before, contextId, settings.clock().instant());
            var leases = new ArrayList<Lease>();
            if (draft.context() != null) {
                try {
                    lookAtStateAfter(draft, leases, false);
                } catch (RuntimeException e) {
                    leases.forEach(lease -> workers.giveBack());
                    throw e;
                }
            }
            return draft.toWrite(
                    leases.size(),
                    () -> {
                        journals.publish(contextId, draft.events());
                        leases.forEach(starter);
                    },
                    () -> leases.forEach(lease -> workers.giveBack()));
        });
    }

    /** True if something runnable was left in line. */
    private boolean lookAtStateAfter(Draft draft, List<Lease> leases, boolean standInLine) {
        boolean serial = draft.existing().concurrency() == Context.Concurrency.SERIAL;
        for (TaskRecord task : draft.openTasks()) {
            if (TaskTable.next(task.state(), Transition.ACQUIRE).isPresent()) {
                if (standInLine || !workers.tryTake()) {
                    return true;
                }
                leases.add(draft.acquire(task, settings.worker()));
                if (serial) {
                    return false;
                }
            } else if (serial && TaskTable.holds(task.state())) {
                return false;
            }
        }
        return false;
    }
}
