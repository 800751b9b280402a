package dev.millrace.server.a2a;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Event;
import dev.millrace.engine.Page;
import dev.millrace.engine.Refused;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.Snapshot;
import dev.millrace.engine.Stage;
import dev.millrace.engine.TaskQuery;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.error.A2aError;
import dev.millrace.protocol.error.A2aException;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.operation.CancelTaskRequest;
import dev.millrace.protocol.operation.GetTaskRequest;
import dev.millrace.protocol.operation.ListTasksRequest;
import dev.millrace.protocol.operation.ListTasksResponse;
import dev.millrace.protocol.operation.SendMessageConfiguration;
import dev.millrace.protocol.operation.SendMessageRequest;
import dev.millrace.protocol.operation.SubscribeToTaskRequest;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The operations of A2A v1.0 over the engine, without a transport. Any thread; may block on the store.
 *
 * <p>Every operation throws {@link A2aException} for A2A's own errors, {@link InvalidField} for a request that does not
 * say what it must, and {@link Refused} with QUEUE_FULL or UNAVAILABLE for what may be tried again later.
 */
public final class A2aService {
    private static final int DEFAULT_PAGE = 50;
    private static final int LARGEST_PAGE = 100;
    private static final int BATCH = 32;

    /** Ids of a client's making are keys in the store: a few UUIDs' worth is room enough. */
    private static final int LONGEST_ID = 256;

    private final Engine engine;

    public A2aService(Engine engine) {
        this.engine = engine;
    }

    /**
     * Sends a message. The answer is the task when it has ended or waits for its user, or, with {@code
     * returnImmediately}, as it was made. Close the answer.
     */
    public Answer send(Caller caller, SendMessageRequest request) {
        SendMessageConfiguration configuration = request.configurationOrDefault();
        // The answer cuts the history itself, once it is whole.
        TaskStream stream = open(caller, request, null);
        Answer.Until until = configuration.returnImmediately() ? Answer.Until.ACCEPTED : Answer.Until.SETTLED;
        return new Answer(
                stream,
                until,
                configuration.historyLength(),
                () -> engine.task(caller.owner(), stream.taskId()).task());
    }

    /** A message that streams came in at this {@link System#nanoTime}, and is understood now. */
    void understood(long arrivedAt) {
        engine.observer().stage(Stage.VALIDATE, System.nanoTime() - arrivedAt);
    }

    /** The first words of the task are being written to a reader. */
    void shown(String taskId) {
        engine.shown(taskId);
    }

    /**
     * Sends a message and gives the events of its task. A new task's stream begins with the journal's own event of its
     * making; any other with the task as it is. Close the stream.
     */
    public TaskStream stream(Caller caller, SendMessageRequest request) {
        return open(caller, request, request.configurationOrDefault().historyLength());
    }

    private TaskStream open(Caller caller, SendMessageRequest request, @Nullable Integer historyLength) {
        check(request);
        Message message = located(caller, request.message());
        // Open before the send, so that the journal keeps the send's events in memory, and the store need not be asked.
        Cursor<Event> cursor = engine.read(String.valueOf(message.contextId()), 0);
        boolean opened = false;
        try {
            Sent sent = ask(message.taskId(), () -> engine.send(Send.task(caller.owner(), caller.agent(), message)));
            boolean begins = message.taskId() == null && !sent.repeated();
            Snapshot first = begins ? null : ask(sent.taskId(), () -> engine.task(caller.owner(), sent.taskId()));
            cursor.seek(first == null ? sent.from() : first.offset());
            opened = true;
            return new TaskStream(sent.taskId(), first, cursor, historyLength);
        } finally {
            if (!opened) {
                cursor.close();
            }
        }
    }

    /** The message with its context: the one it names, its task's, or a new one. */
    private Message located(Caller caller, Message message) {
        String taskId = message.taskId();
        if (taskId == null) {
            return message.contextId() == null ? message.in(engine.newId(), null) : message;
        }
        String contextId = find(caller, taskId).task().contextId();
        if (message.contextId() != null && !message.contextId().equals(contextId)) {
            throw new InvalidField(
                    "message.contextId", "is not the context of task " + taskId + "; leave it out to have it inferred");
        }
        return message.in(contextId, taskId);
    }

    private static void check(SendMessageRequest request) {
        requireNoTenant(request.tenant());
        requireShort("message.messageId", request.message().messageId());
        requireShort("message.contextId", request.message().contextId());
        if (request.message().role() != Role.USER) {
            throw new InvalidField("message.role", "must be ROLE_USER: the agent speaks for itself");
        }
        SendMessageConfiguration configuration = request.configurationOrDefault();
        requireHistoryLength("configuration.historyLength", configuration.historyLength());
        if (configuration.taskPushNotificationConfig() != null) {
            throw pushNotSupported();
        }
        OutputModes.requireOneOf(configuration.acceptedOutputModes());
    }

    /** The task as it is. */
    public Task get(Caller caller, GetTaskRequest request) {
        requireNoTenant(request.tenant());
        requireHistoryLength("historyLength", request.historyLength());
        return find(caller, request.id()).task().withHistoryLength(request.historyLength());
    }

    /** One page of the caller's tasks with this agent, newest status first. */
    public ListTasksResponse list(Caller caller, ListTasksRequest request) {
        requireNoTenant(request.tenant());
        requireHistoryLength("historyLength", request.historyLength());
        int size = request.pageSize() == null ? DEFAULT_PAGE : request.pageSize();
        if (size < 1 || size > LARGEST_PAGE) {
            throw new InvalidField("pageSize", "must be 1 to " + LARGEST_PAGE + ", not " + size);
        }
        var query = new TaskQuery(
                caller.owner(),
                caller.agent(),
                request.contextId(),
                request.status(),
                request.statusTimestampAfter(),
                size,
                PageToken.read(request.pageToken()));
        Page<Snapshot> page = ask(null, () -> engine.tasks(query));
        List<Task> tasks = page.items().stream()
                .map(snapshot -> snapshot.task().withHistoryLength(request.historyLength()))
                .map(task -> request.includeArtifacts() ? task : task.withArtifacts(List.of()))
                .toList();
        return new ListTasksResponse(
                tasks, PageToken.write(page.next()), size, (int) Math.min(page.total(), Integer.MAX_VALUE));
    }

    /** Cancels the task, or throws TASK_NOT_CANCELABLE if it has ended otherwise. */
    public Task cancel(Caller caller, CancelTaskRequest request) {
        requireNoTenant(request.tenant());
        find(caller, request.id());
        return ask(request.id(), () -> engine.cancel(caller.owner(), request.id()))
                .task();
    }

    /**
     * The events of a task that has not ended: the task as it is, then everything after. Close the stream.
     *
     * @throws A2aException with UNSUPPORTED_OPERATION if the task has ended
     */
    public TaskStream subscribe(Caller caller, SubscribeToTaskRequest request) {
        requireNoTenant(request.tenant());
        Snapshot now = find(caller, request.id());
        if (now.task().status().state().terminal()) {
            throw ended(now.task());
        }
        return new TaskStream(request.id(), now, cursor(now, now.offset()), null);
    }

    /**
     * The events of a task after an offset that the caller has seen, and no snapshot. A task that has ended gives what
     * was missed of it. Close the stream.
     *
     * @throws InvalidField if {@code after} is beyond the end of the journal
     * @throws A2aException with UNSUPPORTED_OPERATION if the task has ended and nothing of it was missed
     */
    public TaskStream resume(Caller caller, SubscribeToTaskRequest request, long after) throws InterruptedException {
        requireNoTenant(request.tenant());
        Snapshot now = find(caller, request.id());
        if (after > now.offset()) {
            throw new InvalidField(
                    "Last-Event-ID",
                    "is " + after + ", but the last event here is " + now.offset()
                            + "; subscribe without it to begin with the task as it is");
        }
        var stream = new TaskStream(request.id(), null, cursor(now, after), null);
        boolean ended = now.task().status().state().terminal();
        if (ended && !missedSomething(stream, after, now.offset())) {
            stream.close();
            throw ended(now.task());
        }
        return stream;
    }

    private static boolean missedSomething(TaskStream stream, long after, long end) throws InterruptedException {
        Cursor<Event> cursor = stream.cursor();
        while (cursor.position() < end) {
            List<Journal.Entry<Event>> batch = cursor.poll(BATCH);
            if (batch.stream().anyMatch(stream::shows)) {
                cursor.seek(after);
                return true;
            }
            if (batch.isEmpty()) {
                return false;
            }
        }
        return false;
    }

    private Cursor<Event> cursor(Snapshot task, long after) {
        return engine.read(String.valueOf(task.task().contextId()), after);
    }

    private Snapshot find(Caller caller, String taskId) {
        Snapshot found = ask(taskId, () -> engine.task(caller.owner(), taskId));
        String agent = ask(
                taskId,
                () -> engine.context(caller.owner(), String.valueOf(found.task().contextId()))
                        .map(Context::agent)
                        .orElse(""));
        if (!agent.equals(caller.agent())) {
            throw ofTask(A2aError.TASK_NOT_FOUND, taskId, "there is no task " + taskId);
        }
        return found;
    }

    private static A2aException ended(Task task) {
        return ofTask(
                A2aError.UNSUPPORTED_OPERATION,
                task.id(),
                "task " + task.id() + " has ended (" + task.status().state() + "); fetch it with GetTask");
    }

    private static A2aException ofTask(A2aError error, String taskId, String message) {
        return new A2aException(error, message, Map.of("taskId", taskId));
    }

    static A2aException pushNotSupported() {
        return new A2aException(
                A2aError.PUSH_NOTIFICATION_NOT_SUPPORTED,
                "this agent does not push (see capabilities in its card); stream the task or fetch it");
    }

    private static void requireNoTenant(@Nullable String tenant) {
        // Quietly to ignore it would let a client believe that tenants are kept apart.
        if (tenant != null) {
            throw new InvalidField("tenant", "is not known here: the agent's card names none, leave it out");
        }
    }

    private static void requireShort(String field, @Nullable String id) {
        if (id != null && id.length() > LONGEST_ID) {
            throw new InvalidField(field, "must not be longer than " + LONGEST_ID + " characters");
        }
    }

    private static void requireHistoryLength(String field, @Nullable Integer length) {
        if (length != null && length < 0) {
            throw new InvalidField(field, "must not be negative");
        }
    }

    /** What the engine refuses, in A2A's words. */
    private static <R> R ask(@Nullable String taskId, Supplier<R> question) {
        try {
            return question.get();
        } catch (Refused refused) {
            String message = String.valueOf(refused.getMessage());
            throw switch (refused.reason()) {
                case NO_TASK -> told(A2aError.TASK_NOT_FOUND, taskId, message);
                case NOT_CANCELABLE -> told(A2aError.TASK_NOT_CANCELABLE, taskId, message);
                case NOT_NOW, NO_AGENT, ARCHIVED -> told(A2aError.UNSUPPORTED_OPERATION, taskId, message);
                case NO_CONTEXT, NO_MESSAGE, INVALID -> invalid(message);
                case KEY_REUSED -> new InvalidField("message.messageId", message);
                case QUEUE_FULL, UNAVAILABLE -> refused;
            };
        }
    }

    private static A2aException told(A2aError error, @Nullable String taskId, String message) {
        return taskId == null ? new A2aException(error, message) : ofTask(error, taskId, message);
    }

    private static InvalidField invalid(String message) {
        int colon = message.indexOf(": ");
        return message.startsWith("message.") && colon > 0
                ? new InvalidField(message.substring(0, colon), message.substring(colon + 2))
                : new InvalidField("message.contextId", message);
    }
}
