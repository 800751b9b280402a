package dev.millrace.engine;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.TaskState;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs turns: from a lease to the end of the task, each on a virtual thread of its own. */
final class Turns {
    private static final Logger LOG = LoggerFactory.getLogger(Turns.class);

    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LAST_RETRY = Duration.ofSeconds(30);

    private final Store store;
    private final EngineSettings settings;
    private final AgentCatalog agents;
    private final Workers workers;
    private final Merger merger;
    private volatile boolean stopping;
    private @Nullable Ledger ledger;
    private @Nullable Dispatcher dispatcher;

    Turns(Store store, EngineSettings settings, AgentCatalog agents, Workers workers, Merger merger) {
        this.store = store;
        this.settings = settings;
        this.agents = agents;
        this.workers = workers;
        this.merger = merger;
    }

    /** The ledger starts turns and turns write to the ledger, so one of them learns of the other later. */
    void connect(Ledger toLedger, Dispatcher toDispatcher) {
        ledger = toLedger;
        dispatcher = toDispatcher;
    }

    private Ledger ledger() {
        return Objects.requireNonNull(ledger);
    }

    /**
     * The start of a lease's turn; its place is taken already. Never blocks. The turn is known from here on, so that a
     * cancel that is committed after the lease finds it, and runs when it is started.
     */
    Runnable ready(Lease lease) {
        long written = settings.pace().nanoTime();
        var turn = new LiveTurn(
                lease,
                store,
                settings,
                new Outbox(ledger(), lease, settings),
                () -> workers.lend(Objects.requireNonNull(dispatcher)::placeFree),
                ledger().causes().of(lease.task().id()));
        workers.add(turn);
        if (stopping) {
            turn.stop(); // its lease was being committed while the others were told
        }
        Thread thread = Thread.ofVirtual().name("turn-" + lease.task().id()).unstarted(() -> {
            try {
                run(turn, written);
            } finally {
                workers.remove(turn);
                workers.giveBack();
                Objects.requireNonNull(dispatcher).placeFree();
            }
        });
        return thread::start;
    }

    private void run(LiveTurn turn, long written) {
        long running = settings.pace().nanoTime();
        settings.observer().stage(Stage.HAND_OFF, running - written);
        try {
            turn.open();
        } catch (TurnLost e) {
            if (turn.stopping()) {
                handBack(turn);
            }
            return;
        } catch (InterruptedException | RuntimeException e) {
            LOG.error("the turn of task {} could not start", turn.taskId(), e);
            end(turn, new LiveTurn.Wish(Transition.FAIL, "the message could not be read: " + e.getMessage()), running);
            return;
        }
        long started = settings.pace().nanoTime();
        settings.observer().stage(Stage.AGENT_START, started - running);
        turn.outbox().started(started);
        settings.observer().started(turn.taskId(), started - written);
        runAgent(turn, started);
    }

    private void runAgent(LiveTurn turn, long startedAt) {
        LiveTurn.Wish wish;
        try {
            turn.runningOn(Thread.currentThread());
            agents.get(turn.lease().task().agent()).agent().run(turn);
            wish = turn.wish();
        } catch (TurnLost e) {
            // If the task is not lost after all (another turn's exception, say), this fails it; else the fence stops
            // it.
            wish = new LiveTurn.Wish(Transition.FAIL, describe(e));
        } catch (InterruptedException e) {
            wish = new LiveTurn.Wish(Transition.FAIL, "the agent was interrupted");
        } catch (Refused refused) {
            wish = new LiveTurn.Wish(Transition.FAIL, refused.getMessage());
        } catch (Throwable e) {
            // Every one: nobody else would end the task, and its readers would wait for ever.
            LOG.warn("agent {} failed in task {}", turn.lease().task().agent(), turn.taskId(), e);
            wish = new LiveTurn.Wish(Transition.FAIL, describe(e));
        } finally {
            turn.notRunning();
        }
        if (turn.lost()) {
            return;
        }
        if (turn.leftForStop() || (turn.stopping() && wish.transition() == Transition.FAIL)) {
            handBack(turn);
            return;
        }
        turn.outbox().seal();
        end(turn, wish, startedAt);
    }

    private static String describe(Throwable e) {
        String message = e.getMessage();
        return message == null || message.isBlank()
                ? "the agent failed: " + e.getClass().getSimpleName()
                : message;
    }

    /**
     * Stores the end. If the store can't write (a full disk, say), this keeps trying for as long as the process runs:
     * the agent's work is done, and what is left of it to write is one row and one event.
     */
    private void end(LiveTurn turn, LiveTurn.Wish wish, long startedAt) {
        Duration pause = FIRST_RETRY;
        Durability durability = turn.lease().context().durability();
        while (true) {
            try {
                // Behind the last chunks, which are shown as soon as they are written; this waits for the disk.
                TaskRecord ended = ledger().change(turn.contextId(), durability, draft -> move(draft, turn, wish))
                        .join();
                if (ended.state() != TaskState.SUBMITTED) {
                    settings.observer()
                            .ended(turn.taskId(), ended.state(), settings.pace().nanoTime() - startedAt);
                }
                if (ended.state().terminal() && !ended.merged()) {
                    merger.add(ended);
                }
                return;
            } catch (CompletionException e) {
                if (e.getCause() instanceof TurnLost) {
                    return;
                }
                if (!(e.getCause() instanceof StoreFailure) || workers.closed()) {
                    LOG.error(
                            "the end of task {} could not be stored; it is taken up after the next start",
                            turn.taskId(),
                            e.getCause());
                    return;
                }
                LOG.error("the end of task {} could not be stored, trying again in {}", turn.taskId(), pause);
            }
            workers.pause(pause);
            pause = pause.compareTo(LAST_RETRY) < 0 ? pause.multipliedBy(2) : pause;
        }
    }

    private TaskRecord move(Draft draft, LiveTurn turn, LiveTurn.Wish wish) {
        TaskRecord task = ledger().requireLease(draft, turn.lease());
        if (turn.lost() || turn.outbox().failure() instanceof TurnLost) {
            // This process's lease ran out while the end waited for the store, or it is being handed back: nobody has
            // taken the task yet, but the last words of the turn are dropped, so whoever takes it up ends it.
            throw new TurnLost("task " + task.id() + " was taken away before its end was stored");
        }
        if (mayBeTriedAgain(turn, task)) {
            return draft.move(task, Transition.RECOVER, null, Events.attempt(task.attempts() + 1));
        }
        LiveTurn.Wish honest = honest(turn, wish);
        TaskRecord moved = draft.move(task, honest.transition(), turn.words(honest), null);
        if (moved.state().interrupted()) {
            moved = moved.dueAt(draft.now().plus(honest.within() == null ? settings.answerWithin() : honest.within()));
            draft.put(moved);
        }
        return moved;
    }

    /**
     * A store that is shared is somewhere else, and was out of reach for a while: then the task begins anew, as if this
     * process had been lost. (One that is here, and can't write, has no room, and will have none the next time.)
     */
    private boolean mayBeTriedAgain(LiveTurn turn, TaskRecord task) {
        return store.replicas() != null
                && turn.outbox().failure() instanceof StoreFailure
                && task.attempts() < settings.maxAttempts();
    }

    /** A task whose agent's words are not all in the store is not done, whatever the agent thinks. */
    private static LiveTurn.Wish honest(LiveTurn turn, LiveTurn.Wish wish) {
        Throwable unstored = turn.outbox().failure();
        return unstored == null || wish.transition() == Transition.FAIL
                ? wish
                : new LiveTurn.Wish(
                        Transition.FAIL,
                        "a part of what the agent made could not be stored (" + unstored.getMessage()
                                + "); send the message again");
    }

    /** The process stops: whoever holds the store next takes the task up at once, and this attempt does not count. */
    void handBack(LiveTurn turn) {
        turn.outbox().close(new TurnLost("the server stops; task " + turn.taskId() + " is run by the next one"));
        try {
            var _ = ledger().change(turn.contextId(), Durability.WRITTEN, draft -> {
                        TaskRecord task = ledger().requireLease(draft, turn.lease());
                        TaskRecord moved =
                                draft.move(task, Transition.RECOVER, null, null).untried();
                        draft.put(moved);
                        return moved;
                    })
                    .join();
        } catch (CompletionException e) {
            LOG.debug("task {} was not handed back: {}", turn.taskId(), e.toString());
        }
    }

    /** The task has ended, or is gone, by a committed transaction: tell its turn, if it runs here. */
    void ended(String taskId, TaskState state) {
        LiveTurn turn = workers.find(taskId);
        if (turn != null) {
            turn.lose("task " + taskId + " is " + state, true);
        }
    }

    /** The task was taken away: tell its turn, if it runs here. */
    void lost(String taskId, TaskState state) {
        LiveTurn turn = workers.find(taskId);
        if (turn != null) {
            turn.lose("task " + taskId + " is " + state);
        }
    }

    /** The process stops: every turn is interrupted, those included that are just about to start. */
    void stop() {
        stopping = true;
        running().forEach(LiveTurn::stop);
    }

    List<LiveTurn> running() {
        return List.copyOf(workers.all());
    }
}
