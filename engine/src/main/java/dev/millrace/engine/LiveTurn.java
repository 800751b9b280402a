package dev.millrace.engine;

import dev.millrace.core.Doorbell;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.protocol.json.ChunkForm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** A turn in this process. */
final class LiveTurn implements Turn {
    private static final Logger LOG = LoggerFactory.getLogger(LiveTurn.class);

    /** Longer than an outage that somebody would not notice, and than the lease of a process that shares its store. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LAST_PAUSE = Duration.ofSeconds(1);

    /** How the agent wants the task to go on when it returns. */
    record Wish(
            Transition transition,
            @Nullable String says,
            List<ToolCall> calls,
            @Nullable Duration within) {
        Wish(Transition transition, @Nullable String says) {
            this(transition, says, List.of(), null);
        }
    }

    private final Lease lease;
    private final Store store;
    private final EngineSettings settings;
    private final Outbox outbox;
    private final Supplier<Loan> loans;
    private final Span cause;
    private final Map<String, Stream> streams = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();

    /** Held while the store is read, so it is not the lock that a cancel needs. */
    private final ReentrantLock historyLock = new ReentrantLock();

    private final List<Runnable> cancelActions = new ArrayList<>();
    private @Nullable Thread thread;
    private @Nullable Message message;

    /** Whether the message is an answer to a question of this task, and not the message that it began with. */
    private boolean answers;

    private @Nullable List<Message> history;
    private volatile Wish wish = new Wish(Transition.FINISH, null);
    private volatile boolean lost;
    private volatile boolean taskEnded;
    private volatile boolean stopping;

    /** The agent was shown, or asked and was told, that the process stops. */
    private volatile boolean toldOfStop;

    /** The agent's thread was interrupted from here. */
    private boolean interrupted;

    LiveTurn(Lease lease, Store store, EngineSettings settings, Outbox outbox, Supplier<Loan> loans, Span cause) {
        this.loans = loans;
        this.cause = cause;
        this.lease = lease;
        this.message = lease.message();
        answers = lease.task().messageAt() != lease.task().position();
        this.store = store;
        this.settings = settings;
        this.outbox = outbox;
    }

    Lease lease() {
        return lease;
    }

    Outbox outbox() {
        return outbox;
    }

    Wish wish() {
        return wish;
    }

    /**
     * True if the agent, now returned, may have left its work for the stop: it was told, or it saw the interrupt. One
     * that returned without having noticed has done its work.
     */
    boolean leftForStop() {
        return stopping && toldOfStop;
    }

    boolean stopping() {
        return stopping;
    }

    /** True if somebody took the task away and told this turn. */
    boolean lost() {
        return lost;
    }

    @Override
    public String contextId() {
        return lease.task().contextId();
    }

    @Override
    public String taskId() {
        return lease.task().id();
    }

    @Override
    public String owner() {
        return lease.task().owner();
    }

    @Override
    public int attempt() {
        return lease.task().attempts();
    }

    @Override
    public Span cause() {
        return cause;
    }

    @Override
    public Loan lend() {
        return loans.get();
    }

    @Override
    public Message message() {
        return Objects.requireNonNull(message, "open() reads it before the agent runs");
    }

    /** Reads the message if the lease did not bring it: the task had waited. */
    void open() throws InterruptedException {
        if (message == null) {
            message = ask(this::readMessage);
        }
    }

    /**
     * Reads the store. That it can't be read for a while is not the task's fault, so this asks again, until the turn is
     * lost, the process stops, or it has lasted too long to be waited for.
     */
    private <R> R ask(Function<Reader, R> query) throws InterruptedException {
        long begun = settings.pace().nanoTime();
        Duration pause = FIRST_PAUSE;
        while (true) {
            try {
                return store.readWritten(contextId(), query); // what comes of it is behind it, as with the message
            } catch (StoreFailure e) {
                if (lost || stopping) {
                    if (stopping) {
                        toldOfStop = true;
                    }
                    throw new TurnLost("task " + taskId() + " was taken away while the store could not be read");
                }
                if (settings.pace().nanoTime() - begun > PATIENCE.toNanos()) {
                    throw e;
                }
                LOG.warn("task {} waits for the store: {}", taskId(), e.getMessage());
            }
            new Doorbell(settings.pace()).await(pause); // which nobody rings
            pause = pause.compareTo(LAST_PAUSE) < 0 ? pause.multipliedBy(2) : pause;
        }
    }

    private Message readMessage(Reader reader) {
        long at = lease.task().messageAt();
        return switch (reader.events(contextId(), at - 1, 1).getFirst().event().says()) {
            case Task made -> {
                answers = false; // the first message, in another wording
                yield made.history().getLast();
            }
            case Message said -> said;
            default ->
                throw new IllegalStateException(
                        "event " + at + " of context " + contextId() + " is not the message of task " + taskId());
        };
    }

    @Override
    public List<Message> history() {
        historyLock.lock();
        try {
            if (history == null) {
                history = isFirst() ? List.of() : ask(this::readHistory);
            }
            return history;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TurnLost("interrupted while it read the history");
        } finally {
            historyLock.unlock();
        }
    }

    /** Whether the message is the first thing in its context: then the store need not be asked what was said before. */
    private boolean isFirst() {
        return lease.task().messageAt() == 1;
    }

    private List<Message> readHistory(Reader reader) {
        return new Conversation(reader, contextId()).historyOf(lease.task());
    }

    @Override
    public List<Message> saidBefore() {
        // Not by the attempts: one that a stop of its process ended does not count, and may have said much.
        if (lease.task().epoch() <= 1) {
            return List.of();
        }
        try {
            return ask(reader -> new Conversation(reader, contextId()).saidInAnswer(lease.task()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TurnLost("interrupted while it read what was said before");
        }
    }

    @Override
    public String answerId() {
        return answers ? ANSWER + "-" + lease.task().messageAt() : ANSWER;
    }

    @Override
    public ArtifactStream artifact(String artifactId) {
        return streams.computeIfAbsent(artifactId, Stream::new);
    }

    @Override
    public void emit(Artifact artifact) {
        streams.computeIfAbsent(artifact.artifactId(), Stream::new).replace(artifact);
    }

    @Override
    public void status(String text) {
        outbox.add(Events.status(
                taskId(),
                contextId(),
                new TaskStatus(
                        TaskState.WORKING,
                        agentSays(List.of(Part.text(text)), flag(PROGRESS), List.of()),
                        settings.clock().instant()),
                null));
    }

    @Override
    public void used(long inputTokens, long outputTokens, long costMicros) {
        outbox.use(Usage.told(inputTokens, outputTokens, costMicros));
    }

    private Message agentSays(String text) {
        return agentSays(List.of(Part.text(text)), null, List.of());
    }

    private static ObjectNode flag(String name) {
        return JsonNodeFactory.instance.objectNode().put(name, true);
    }

    private Message agentSays(List<Part> parts, @Nullable ObjectNode metadata, List<String> extensions) {
        return new Message(
                taskId() + "/" + settings.ids().get(),
                contextId(),
                taskId(),
                Role.AGENT,
                parts,
                metadata,
                extensions,
                List.of());
    }

    /** What the status says into which the wish brings the task; null = nothing. */
    @Nullable Message words(Wish wished) {
        String text = wished.says();
        if (wished.calls().isEmpty()) {
            return text == null ? null : agentSays(text);
        }
        var parts = new ArrayList<Part>();
        if (text != null && !text.isEmpty()) {
            parts.add(Part.text(text));
        }
        parts.add(ToolCall.part(wished.calls()));
        ObjectNode metadata = wished.within() == null ? null : flag(Standing.LAPSES);
        return agentSays(parts, metadata, List.of(ToolCall.EXTENSION));
    }

    @Override
    public void ask(String question) {
        wish = new Wish(Transition.ASK, question);
    }

    @Override
    public void ask(String says, List<ToolCall> calls) {
        wish = new Wish(Transition.ASK, says, ToolCall.requireDistinct(calls), null);
    }

    @Override
    public void ask(String says, List<ToolCall> calls, Duration within) {
        wish = new Wish(Transition.ASK, says, ToolCall.requireDistinct(calls), within);
    }

    @Override
    public void askForAuth(String request) {
        wish = new Wish(Transition.ASK_AUTH, request);
    }

    @Override
    public void reject(String reason) {
        wish = new Wish(Transition.REJECT, reason);
    }

    @Override
    public boolean cancelled() {
        if (stopping) {
            toldOfStop = true;
        }
        return lost || stopping;
    }

    @Override
    public boolean taskEnded() {
        return taskEnded;
    }

    @Override
    public void onCancel(Runnable action) {
        lock.lock();
        try {
            if (!lost && !stopping) {
                cancelActions.add(action);
                return;
            }
            toldOfStop |= stopping;
        } finally {
            lock.unlock();
        }
        action.run();
    }

    @Override
    public void flush() throws InterruptedException {
        outbox.flush();
    }

    /** Called by the thread that runs the agent, before it does. */
    void runningOn(Thread current) {
        lock.lock();
        try {
            thread = current;
            if (lost || stopping) {
                current.interrupt();
                interrupted = true;
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Called by the agent's thread when the agent returned, so that a late cancel does not interrupt what follows. Clears
     * the interrupt.
     */
    void notRunning() {
        lock.lock();
        try {
            thread = null;
            boolean unseen = Thread.interrupted();
            toldOfStop |= stopping && interrupted && !unseen;
        } finally {
            lock.unlock();
        }
    }

    /** The task was cancelled or taken away: nothing more is written, and the agent is told. */
    void lose(String reason) {
        lose(reason, false);
    }

    /** @param forGood whether the task has ended, and is not just taken away */
    void lose(String reason, boolean forGood) {
        taskEnded |= forGood;
        lost = true;
        outbox.close(new TurnLost(reason));
        tell();
    }

    /** The process stops: the agent is interrupted; the task will be taken up again. */
    void stop() {
        stopping = true;
        tell();
    }

    private void tell() {
        List<Runnable> actions;
        lock.lock();
        try {
            if (thread != null) {
                thread.interrupt();
                interrupted = true;
            }
            actions = List.copyOf(cancelActions);
            cancelActions.clear();
            toldOfStop |= stopping && !actions.isEmpty();
        } finally {
            lock.unlock();
        }
        // On a thread of their own: an agent's action may block, and the caller may be the store's writer.
        if (!actions.isEmpty()) {
            Thread.startVirtualThread(() -> actions.forEach(this::run));
        }
    }

    private void run(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            LOG.warn("an action on the cancel of task {} failed", taskId(), e);
        }
    }

    private final class Stream implements ArtifactStream {
        /** Held until the chunk is in line: the one that begins the artifact must come before those that append. */
        private final ReentrantLock inLine = new ReentrantLock();

        private final String id;
        private @Nullable String name;
        private @Nullable ChunkForm pieces;
        private boolean begun;

        Stream(String id) {
            this.id = id;
        }

        @Override
        public void say(String text) {
            if (text.isEmpty()) {
                return;
            }
            inLine.lock();
            try {
                outbox.add(begun && name == null ? more(text) : beginning(text));
                begun = true;
                name = null;
            } finally {
                inLine.unlock();
            }
        }

        private Event beginning(String text) {
            return Events.chunk(taskId(), contextId(), Artifact.text(id, text).named(name), begun);
        }

        private Event more(String text) {
            if (pieces == null) {
                pieces = ChunkForm.appending(taskId(), contextId(), id);
            }
            return Event.piece(taskId(), pieces, text);
        }

        /** What is said after it is appended to it. */
        void replace(Artifact whole) {
            inLine.lock();
            try {
                outbox.add(Events.artifact(TaskArtifactUpdateEvent.whole(taskId(), contextId(), whole)));
                begun = true;
            } finally {
                inLine.unlock();
            }
        }

        @Override
        public ArtifactStream annotate(ObjectNode metadata) {
            inLine.lock();
            try {
                outbox.add(Events.chunk(
                        taskId(), contextId(), Artifact.text(id, "").named(name).withMetadata(metadata), begun));
                begun = true;
                name = null;
            } finally {
                inLine.unlock();
            }
            return this;
        }

        @Override
        public ArtifactStream name(String newName) {
            inLine.lock();
            try {
                name = newName;
            } finally {
                inLine.unlock();
            }
            return this;
        }
    }
}
