package dev.millrace.engine;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Replicas;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine's front door: accepts messages, runs agents on them, lets everybody read what comes of it, and takes up
 * after a crash what was under way.
 *
 * <p>Whatever is asked for in the name of an owner sees that owner's contexts only; another's do not exist. An id that no
 * store could have kept, because it holds U+0000, say, is refused with INVALID, whatever it is asked for. All methods
 * may block on the store: call them from virtual threads. Any thread. The constructor starts nothing.
 */
public final class Engine implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

    /** How long interrupted agents have to return, before their tasks are handed back without them. */
    private static final Duration REACTION = Duration.ofSeconds(2);

    /** How long a feed waits for the bell alone where nobody else writes. */
    private static final Duration NEVER = Duration.ofDays(365);

    /** Of what a dead process left, as much is looked at when this one starts. */
    private static final int MOST_LEFT = 10_000;

    private final Store store;
    private final AgentCatalog agents;
    private final EngineSettings settings;
    private final Workers workers;
    private final Journals journals;
    private final Merger merger;
    private final Turns turns;
    private final Ledger ledger;
    private final Inbox inbox;
    private final Dispatcher dispatcher;
    private final Calls calls;
    private final Chats chats;
    private final Feeds feeds;
    private final Deadlines deadlines;

    /** Null if the store is this process's own. */
    private final @Nullable Sharing sharing;

    private final @Nullable Replicas sharedBy;

    private final ReentrantLock stopping = new ReentrantLock();

    /** The engine closes the store when it is closed. */
    public Engine(Store store, AgentCatalog agents, EngineSettings chosen) {
        this.store = store;
        this.agents = agents;
        settings = chosen.withObserver(new CarefulObserver(chosen.observer()));
        workers = new Workers(settings.maxTurns(), settings.pace());
        journals = new Journals(
                (contextId, after, max) -> store.<List<Journal.Entry<Event>>>read(
                        contextId, reader -> reader.events(contextId, after, max)),
                settings.tailBytes(),
                store.replicas() != null);
        merger = new Merger(store, journals, settings.pace());
        inbox = new Inbox(agents, settings, this::holder);
        turns = new Turns(store, settings, agents, workers, merger);
        ledger = new Ledger(store, settings, this::holder, workers, journals, this::begin, new Ledger.Line() {
            @Override
            public boolean othersWait() {
                return line().othersWait();
            }

            @Override
            public void leftWaiting() {
                line().leftWaiting();
                if (workers.free() == 0) {
                    tellOthers();
                }
            }

            @Override
            public void placeFree() {
                line().placeFree();
            }
        });
        dispatcher = new Dispatcher(store, ledger, workers, settings.pace());
        turns.connect(ledger, dispatcher);
        ledger.onStopped(this::stopped);
        calls = new Calls(store);
        feeds = new Feeds(store, store.replicas() == null ? NEVER : settings.lookAgain(), settings.pace());
        ledger.onWatched(feeds::ring);
        deadlines = new Deadlines(store, ledger, settings, store.replicas() == null ? NEVER : settings.lookAgain());
        ledger.onAsked(deadlines::asked);
        chats = new Chats(calls, ledger, feeds, settings, merger::add, journals::end);
        Replicas replicas = store.replicas();
        sharedBy = replicas;
        sharing = replicas == null
                ? null
                : new Sharing(
                        store,
                        replicas,
                        settings,
                        workers,
                        turns,
                        journals,
                        dispatcher::leftWaiting,
                        this::recover,
                        this::forgetPassing,
                        feeds);
    }

    /** In whose name this process takes leases now. */
    private String holder() {
        return sharing == null ? settings.worker() : sharing.holder();
    }

    private Runnable begin(Lease lease) {
        Runnable start = turns.ready(lease);
        if (!holder().equals(lease.task().leasedBy())) {
            turns.lost(lease.task().id(), TaskState.SUBMITTED); // it ran out while the lease was committed
        }
        return start;
    }

    /** No place is free here for what can run; there may be one elsewhere. */
    private void tellOthers() {
        if (sharing != null) {
            sharing.tellOthers();
        }
    }

    /** The ledger and the dispatcher know each other; this breaks the circle of their construction. */
    private Ledger.Line line() {
        return dispatcher;
    }

    /** Takes up what a dead process left, and starts what waits. Returns when all of it is under way. */
    public void start() throws InterruptedException {
        merger.start();
        agents.all().forEach(listing -> listing.agent().inner().attached(this));
        if (sharing != null) {
            sharing.join();
        }
        List<TaskRecord> orphans = store.read(null, reader -> reader.leasedByOthers(holder()));
        var recoveries = new ArrayList<CompletableFuture<?>>();
        for (TaskRecord orphan : orphans) {
            recoveries.add(recover(orphan));
        }
        for (CompletableFuture<?> recovery : recoveries) {
            Calls.await(recovery);
        }
        if (!orphans.isEmpty()) {
            LOG.info("took up {} task(s) that the process before left", orphans.size());
        }
        List<TaskRecord> unmerged = store.read(null, reader -> reader.unmerged(MOST_LEFT));
        unmerged.forEach(merger::add);
        forgetPassing();
        dispatcher.start();
        deadlines.start();
        if (sharing != null) {
            sharing.start();
        }
    }

    /** Takes those contexts away that were there for answers which dead processes were to hand out, and stops what runs in them here. */
    private void forgetPassing() throws InterruptedException {
        store.<List<Context>>read(null, Engine::passing).forEach(this::forgetIfDead);
        turns.running().forEach(turn -> forgetIfDead(turn.lease().context()));
    }

    /** Those contexts that are there for one answer and have a task that is to run, has ended just now, or waits for an answer. */
    private static List<Context> passing(Reader reader) {
        return Stream.of(reader.runnable(MOST_LEFT), reader.unmerged(MOST_LEFT), reader.due(MOST_LEFT))
                .flatMap(List::stream)
                .map(TaskRecord::contextId)
                .distinct()
                .flatMap(contextId -> Stream.ofNullable(reader.context(contextId)))
                .filter(context -> context.passesWith() != null)
                .toList();
    }

    /** Takes a context away that was there for an answer which nobody hands out any more; false if it was not. */
    private boolean forgetIfDead(Context context) {
        String process = context.passesWith();
        if (process == null || isAlive(process)) {
            return false;
        }
        try {
            chats.delete(context.owner(), context.id());
        } catch (Refused gone) {
            LOG.debug("context {} is gone already: {}", context.id(), gone.toString());
        }
        return true;
    }

    private boolean isAlive(String process) {
        try {
            return replicas().stream().anyMatch(each -> each.id().equals(process));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private CompletableFuture<?> recover(TaskRecord orphan) {
        Context of = this.<@Nullable Context>read(orphan.contextId(), reader -> reader.context(orphan.contextId()));
        if (of != null && forgetIfDead(of)) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Integer> attempt = ledger.change(orphan.contextId(), Durability.FSYNCED, draft -> {
            TaskRecord task = draft.task(orphan.id());
            if (task == null || task.epoch() != orphan.epoch() || task.state() != TaskState.WORKING) {
                return 0;
            }
            if (task.attempts() >= settings.maxAttempts()) {
                String reason = "given up: the server was lost " + task.attempts()
                        + " times while the agent worked on this; send it again if it should be tried again";
                draft.move(task, Transition.FAIL, says(task, reason), null);
                return 0;
            }
            draft.move(task, Transition.RECOVER, null, Events.attempt(task.attempts() + 1));
            return task.attempts() + 1;
        });
        return attempt.thenAccept(next -> {
            if (next > 0) {
                settings.observer().recovered(orphan.id(), next);
            }
        });
    }

    private Message says(TaskRecord task, String text) {
        return Message.agent(settings.ids().get(), text).in(task.contextId(), task.id());
    }

    public AgentCatalog agents() {
        return agents;
    }

    /** A new id, for a message or a context. */
    public String newId() {
        return settings.ids().get();
    }

    /**
     * Accepts a message: when this returns, it survives a power cut (unless it is {@link Send#unacknowledged}), and its agent
     * runs or its place in the queue is taken.
     *
     * @throws Refused with NO_AGENT, NO_CONTEXT, NO_TASK, NOT_NOW (the task is not waiting for an answer), INVALID,
     *     WRONG_RESULTS (it does not answer the task's open tool calls), QUEUE_FULL, KEY_REUSED or UNAVAILABLE
     */
    public Sent send(Send send) {
        long asked = settings.pace().nanoTime();
        if (send.message().parts().isEmpty()) {
            throw new Refused(Refused.Reason.INVALID, "message.parts: a message needs at least one part");
        }
        if (workers.closed()) {
            throw new Refused(Refused.Reason.UNAVAILABLE, "the server is stopping; send it again in a moment");
        }
        Inbox.requireStorable(send);
        String contextId = contextOf(send);
        Durability durability = send.acknowledged() ? Durability.FSYNCED : Durability.WRITTEN;
        Sent sent = Calls.await(ledger.change(contextId, durability, draft -> {
            // There, and not when this thread has its turn again: by then the agent may be at work.
            draft.atWrite(() -> took(Stage.WRITE, asked));
            draft.atCommit(() -> took(Stage.COMMIT, asked));
            return inbox.accept(draft, contextId, send);
        }));
        settings.observer().sent(settings.pace().nanoTime() - asked);
        return sent;
    }

    private void took(Stage stage, long from) {
        settings.observer().stage(stage, settings.pace().nanoTime() - from);
    }

    /** The context of a send: named, or the one of the task it answers, or a new one (the same for the same key). */
    private String contextOf(Send send) {
        Message message = send.message();
        if (message.taskId() != null) {
            TaskRecord task = find(send.owner(), message.taskId());
            if (message.contextId() != null && !message.contextId().equals(task.contextId())) {
                throw new Refused(
                        Refused.Reason.INVALID,
                        "message.contextId: task " + task.id() + " belongs to another context; leave contextId out");
            }
            return task.contextId();
        }
        if (message.contextId() != null) {
            return message.contextId();
        }
        return send.key() == null ? settings.ids().get() : Ids.of("context", send.owner(), send.key());
    }

    /**
     * The task as it is now, whole, and the offset from which to read on.
     *
     * @throws Refused with NO_TASK
     */
    public Snapshot task(String owner, String taskId) {
        TaskRecord found = find(owner, taskId);
        return read(found.contextId(), reader -> snapshot(reader, found));
    }

    private static Snapshot snapshot(Reader reader, TaskRecord task) {
        Context context = reader.context(task.contextId());
        return new Snapshot(Events.fold(reader.eventsOf(task)), context == null ? 0 : context.lastOffset());
    }

    private TaskRecord find(String owner, String taskId) {
        Storable.require("taskId", taskId);
        TaskRecord found = this.<@Nullable TaskRecord>read(null, reader -> reader.task(taskId));
        if (found == null || !found.owner().equals(owner)) {
            throw Inbox.noTask(taskId);
        }
        return found;
    }

    /**
     * One page of the owner's tasks, newest status first.
     *
     * @throws Refused with INVALID if the query names what no store could have kept
     */
    public Page<Snapshot> tasks(TaskQuery query) {
        Storable.require("agent", query.agent());
        Storable.require("contextId", query.contextId());
        Storable.require("page token", query.after());
        Page<TaskRecord> page = read(null, reader -> reader.tasks(query));
        List<Snapshot> snapshots = page.items().stream()
                .map(task -> this.<Snapshot>read(task.contextId(), reader -> snapshot(reader, task)))
                .toList();
        return new Page<>(snapshots, page.next(), page.total());
    }

    /**
     * Cancels the task: this wins or loses against the task's own end once and for all, and every reader sees which.
     * What the agent had made stays. Cancelling a cancelled task changes nothing. What runs in the parts of its context is
     * stopped, too.
     *
     * @throws Refused with NO_TASK, or NOT_CANCELABLE if it has ended otherwise
     */
    public Snapshot cancel(String owner, String taskId) {
        TaskRecord found = find(owner, taskId);
        Calls.await(ledger.change(found.contextId(), Durability.FSYNCED, draft -> {
            TaskRecord task = draft.task(taskId);
            if (task == null) {
                throw Inbox.noTask(taskId);
            }
            if (task.state() == TaskState.CANCELED) {
                return task;
            }
            if (TaskTable.next(task.state(), Transition.CANCEL).isEmpty()) {
                throw new Refused(
                        Refused.Reason.NOT_CANCELABLE,
                        "task " + taskId + " has ended (" + task.state() + ") and can't be cancelled");
            }
            return draft.cancel(task);
        }));
        chats.interruptParts(owner, found.contextId());
        return task(owner, taskId);
    }

    /**
     * Notes what was used for a task beside its turn, which may have ended by then: {@link Turn#used} is for the turn itself.
     *
     * @throws Refused with NO_TASK
     */
    public void used(String owner, String taskId, long inputTokens, long outputTokens, long costMicros) {
        Usage used = Usage.told(inputTokens, outputTokens, costMicros);
        Calls.await(ledger.change(find(owner, taskId).contextId(), Durability.WRITTEN, draft -> {
            TaskRecord task = draft.task(taskId);
            if (task == null) {
                throw Inbox.noTask(taskId);
            }
            draft.put(task.using(used));
            return task;
        }));
    }

    /** After the commit: whoever works on it is told, and what it has made is merged. */
    private void stopped(TaskRecord task) {
        turns.ended(task.id(), task.state());
        if (task.state().terminal() && !task.merged()) {
            merger.add(task);
        }
    }

    /**
     * Stops what runs or waits for the user in the context and in its parts; partial answers stay, and what is queued goes
     * on.
     *
     * @return false if there was nothing to stop
     * @throws Refused with NO_CONTEXT
     */
    public boolean interrupt(String owner, String contextId) {
        return chats.interrupt(owner, contextId, RequestKey.NONE);
    }

    /**
     * What the task was last asked for in, if that is recorded, and was here and not too long ago (the last 16,384 tasks
     * are known); else {@link Span#NONE}.
     */
    public Span cause(String taskId) {
        return ledger.causes().of(taskId);
    }

    /** What an owner does with conversations besides sending to them. */
    public Chats chats() {
        return chats;
    }

    public Optional<Context> context(String owner, String contextId) {
        return Optional.ofNullable(this.<@Nullable Context>read(contextId, reader -> reader.context(contextId)))
                .filter(context -> context.owner().equals(owner));
    }

    /** One page of the owner's contexts, newest activity first. */
    public Page<Context> contexts(String owner, int limit, @Nullable String after) {
        return read(null, reader -> reader.contexts(owner, limit, after));
    }

    /** The context and what is under way in it. */
    public Optional<Standing> standing(String owner, String contextId) {
        return Optional.ofNullable(this.<@Nullable Standing>read(contextId, reader -> standing(reader, contextId)))
                .filter(standing -> standing.context().owner().equals(owner));
    }

    private static @Nullable Standing standing(Reader reader, String contextId) {
        Context context = reader.context(contextId);
        return context == null ? null : Standing.of(reader, context);
    }

    /**
     * A reader of the context's journal, after {@code offset}. It may be opened before the context exists, and then
     * sees it from its first event. Whoever calls has checked that the owner may read. Close it.
     */
    public Cursor<Event> read(String contextId, long offset) {
        Storable.require("contextId", contextId);
        return journals.open(contextId, offset);
    }

    /**
     * The same for who waits for a task to end: its {@link Cursor#take} gives every event, but waits on until a task begins,
     * ends or asks, or the conversation itself changes, and is not woken for each word.
     */
    public Cursor<Event> readAtRests(String contextId, long offset) {
        Storable.require("contextId", contextId);
        return journals.openForRests(contextId, offset);
    }

    private <R extends @Nullable Object> R read(@Nullable String contextId, Function<Reader, R> query) {
        return calls.read(contextId, query);
    }

    /** What the edge tells of its own stages. */
    public Observer observer() {
        return settings.observer();
    }

    /**
     * What the task's turn said first is being written into a reader's stream. The first to say so, if the turn runs
     * here, makes the end of {@link Stage#FIRST_FRAME}.
     */
    public void shown(String taskId) {
        LiveTurn turn = workers.find(taskId);
        if (turn != null) {
            turn.outbox().shown();
        }
    }

    /** The processes that work on the store's tasks, by id; this one alone if the store is not shared. */
    public List<Replica> replicas() throws InterruptedException {
        if (sharedBy == null) {
            return List.of(new Replica(holder(), true, null, runningTurns()));
        }
        return sharedBy.alive().stream()
                .map(each -> new Replica(each.id(), each.id().equals(holder()), each.left(), each.running()))
                .toList();
    }

    /** How many tasks of all owners have not ended: for who looks after the server, not for owners. */
    public List<OpenTasks> openTasks() {
        return read(null, Reader::openCounts);
    }

    /** Turns that run now. */
    public int runningTurns() {
        return workers.all().size();
    }

    /** Contexts that have readers now. */
    public int liveJournals() {
        journals.sweep();
        return journals.size();
    }

    /**
     * Accepts nothing new, starts nothing new, and lets turns end for at most {@code drain}; the rest is interrupted
     * and handed back, to be taken up by the next process as if it had not been tried. Then every reader is ended and the
     * store closed. Who is interrupted while waiting here drains no longer, but stops all the same. Idempotent: whoever
     * calls second waits until the first has stopped everything.
     */
    public void stop(Duration drain) {
        stopping.lock();
        try {
            if (!workers.closed()) {
                stopAll(drain);
            }
        } finally {
            stopping.unlock();
        }
    }

    private void stopAll(Duration drain) {
        workers.close();
        dispatcher.stop();
        deadlines.stop();
        if (sharing != null) {
            sharing.stopLooking();
        }
        boolean interrupted = Thread.interrupted(); // whoever is in a hurry: without the drain, but in order
        try {
            if (interrupted || !workers.awaitIdle(drain)) {
                interruptTurns();
            }
        } catch (InterruptedException e) {
            interrupted = true;
            turns.stop();
        }
        List<LiveTurn> deaf = turns.running();
        if (!deaf.isEmpty()) {
            LOG.warn(
                    "{} turn(s) did not react to the stop; they are fenced and taken up after the next start",
                    deaf.size());
            deaf.forEach(turns::handBack);
        }
        merger.stop();
        if (sharing != null) {
            sharing.leave();
        }
        journals.close();
        feeds.close();
        store.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void interruptTurns() throws InterruptedException {
        turns.stop();
        boolean idle = workers.awaitIdle(REACTION);
        LOG.debug("all turns have stopped: {}", idle);
    }

    @Override
    public void close() {
        stop(Duration.ZERO);
    }
}
