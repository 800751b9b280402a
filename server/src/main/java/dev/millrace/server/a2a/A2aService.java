package dev.millrace.server.a2a;

import static java.nio.charset.StandardCharsets.UTF_8;

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
import dev.millrace.protocol.UrlPart;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.error.A2aError;
import dev.millrace.protocol.error.A2aException;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.operation.CancelTaskRequest;
import dev.millrace.protocol.operation.GetExtendedAgentCardRequest;
import dev.millrace.protocol.operation.GetTaskRequest;
import dev.millrace.protocol.operation.ListTasksRequest;
import dev.millrace.protocol.operation.ListTasksResponse;
import dev.millrace.protocol.operation.SendMessageConfiguration;
import dev.millrace.protocol.operation.SendMessageRequest;
import dev.millrace.protocol.operation.SubscribeToTaskRequest;
import dev.millrace.protocol.push.DeleteTaskPushNotificationConfigRequest;
import dev.millrace.protocol.push.GetTaskPushNotificationConfigRequest;
import dev.millrace.protocol.push.ListTaskPushNotificationConfigsRequest;
import dev.millrace.protocol.push.ListTaskPushNotificationConfigsResponse;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.push.Pushes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The operations of A2A v1.0 over the engine, without a transport: each binding only translates to these and back. Any
 * thread; may block on the store.
 *
 * <p>Before anything is looked up, every operation sees to the terms of the call: the version, the extensions that are
 * required, and the tenant.
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

    /** How long a GetTask waits for news at most: well below what proxies allow an answer to take. */
    private static final Duration LONGEST_POLL = Duration.ofSeconds(25);

    private final Engine engine;
    private final Tenants tenants;
    private final Extensions extensions;
    private final Cards cards;
    private final Interceptor interceptor;
    private final @Nullable Pushes pushes;

    /** @param pushes delivers pushes; null = agents here do not push */
    A2aService(Engine engine, Tenants tenants, Extensions extensions, Cards cards, @Nullable Pushes pushes) {
        this.cards = cards;
        this.interceptor = cards.settings().interceptor();
        this.engine = engine;
        this.tenants = tenants;
        this.extensions = extensions;
        this.pushes = pushes;
    }

    /**
     * The caller as the request makes it, if the terms of the call can be met.
     *
     * @throws A2aException with VERSION_NOT_SUPPORTED or EXTENSION_SUPPORT_REQUIRED
     * @throws InvalidField for a tenant that is not known, or not the one of the address
     */
    Caller admit(Caller caller, @Nullable String tenant) {
        ProtocolVersion.require(caller.version());
        extensions.require(caller.extensions());
        if (tenant != null && caller.tenant() != null && !tenant.equals(caller.tenant())) {
            throw new InvalidField("tenant", "is another than the one of the address; leave it out");
        }
        Caller admitted = caller.under(tenant);
        if (admitted.tenant() != null) {
            tenants.require(admitted.identity(), admitted.tenant());
        }
        return admitted;
    }

    /** What an operation does, once its terms are seen to. */
    @FunctionalInterface
    private interface Doing<R, X extends Exception> {
        R as(Caller caller) throws X;
    }

    private <R, X extends Exception> R run(
            String name, Caller asking, @Nullable String tenant, Object request, Doing<R, X> doing) throws X {
        Caller caller = admit(asking, tenant);
        if (interceptor == Interceptor.NONE) {
            return doing.as(caller);
        }
        var operation = new Interceptor.Operation(name, caller.identity(), caller.tenant(), caller.agent(), request);
        interceptor.before(operation);
        R result;
        try {
            result = doing.as(caller);
        } catch (RuntimeException failure) {
            interceptor.after(operation, failure);
            throw failure;
        }
        interceptor.after(operation, null);
        return result;
    }

    /**
     * Sends a message. The answer is the task when it has ended or waits for its user, or, with {@code
     * returnImmediately}, as it was made. Close the answer.
     */
    public Answer send(Caller asking, SendMessageRequest request) {
        return run("SendMessage", asking, request.tenant(), request, caller -> {
            SendMessageConfiguration configuration = request.configurationOrDefault();
            // The answer cuts the history itself, once it is whole.
            boolean reply = repliesWithMessage(caller);
            TaskStream stream = open(caller, request, null, false, engine::readAtRests);
            // It has no effect on a message: there is nothing to return before it is there (3.2.2).
            boolean accepted = configuration.returnImmediately() && !reply;
            return new Answer(
                    stream,
                    accepted ? Answer.Until.ACCEPTED : Answer.Until.SETTLED,
                    configuration.historyLength(),
                    reply,
                    () -> engine.task(caller.owner(), stream.taskId()).task());
        });
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
    public TaskStream stream(Caller asking, SendMessageRequest request) {
        return run("SendStreamingMessage", asking, request.tenant(), request, caller -> {
            Integer historyLength = request.configurationOrDefault().historyLength();
            return open(caller, request, historyLength, repliesWithMessage(caller), engine::read);
        });
    }

    private boolean repliesWithMessage(Caller caller) {
        return engine.agents().get(caller.agent()).agent().repliesWithMessage();
    }

    /** How the journal is read: {@link Engine#read}, or {@link Engine#readAtRests}. */
    @FunctionalInterface
    private interface Reads {
        Cursor<Event> from(String contextId, long offset);
    }

    private TaskStream open(
            Caller caller, SendMessageRequest request, @Nullable Integer historyLength, boolean reply, Reads reads) {
        check(request);
        Message message = located(caller, attached(caller, request.message()));
        // Open before the send, so that the journal keeps the send's events in memory, and the store need not be asked.
        Cursor<Event> cursor = reads.from(String.valueOf(message.contextId()), 0);
        boolean opened = false;
        try {
            Sent sent = ask(message.taskId(), () -> engine.send(Send.task(caller.owner(), caller.agent(), message)));
            boolean begins = message.taskId() == null && !sent.repeated();
            Snapshot first = begins ? null : ask(sent.taskId(), () -> engine.task(caller.owner(), sent.taskId()));
            long from = first == null ? sent.from() : first.offset();
            subscribePush(caller, request, sent, from);
            cursor.seek(from);
            opened = true;
            return reply
                    ? TaskStream.reply(sent.taskId(), first, cursor, historyLength)
                    : new TaskStream(sent.taskId(), first, cursor, historyLength);
        } finally {
            if (!opened) {
                cursor.close();
            }
        }
    }

    /** The push configuration that came with a send, if one did: the same for the same send. */
    private void subscribePush(Caller caller, SendMessageRequest request, Sent sent, long from) {
        TaskPushNotificationConfig config = request.configurationOrDefault().taskPushNotificationConfig();
        if (config != null) {
            String id = config.id() != null
                    ? config.id()
                    : UUID.nameUUIDFromBytes(
                                    (sent.taskId() + "/" + request.message().messageId()).getBytes(UTF_8))
                            .toString();
            pushes().put(caller.owner(), sent.contextId(), config.identified(sent.taskId(), id), from);
        }
    }

    private Pushes pushes() {
        if (pushes == null) {
            throw new A2aException(
                    A2aError.PUSH_NOTIFICATION_NOT_SUPPORTED,
                    "this agent does not push (see capabilities in its card); stream the task or fetch it");
        }
        return pushes;
    }

    /** The message with what is known of the files that it names, which are the sender's own. */
    private Message attached(Caller caller, Message message) {
        if (message.parts().stream().noneMatch(UrlPart.class::isInstance)) {
            return message;
        }
        try {
            return cards.settings().attached().checked(caller.identity(), message);
        } catch (HttpProblem unknown) {
            throw new Refused(Refused.Reason.UNAVAILABLE, unknown.detail());
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

    private void check(SendMessageRequest request) {
        requireShort("message.messageId", request.message().messageId());
        requireShort("message.contextId", request.message().contextId());
        if (request.message().role() != Role.USER) {
            throw new InvalidField("message.role", "must be ROLE_USER: the agent speaks for itself");
        }
        SendMessageConfiguration configuration = request.configurationOrDefault();
        requireHistoryLength("configuration.historyLength", configuration.historyLength());
        TaskPushNotificationConfig push = configuration.taskPushNotificationConfig();
        if (push != null) {
            pushes().check(push, "configuration.taskPushNotificationConfig.");
            requireShort("configuration.taskPushNotificationConfig.id", push.id());
        }
        OutputModes.requireOneOf(configuration.acceptedOutputModes());
    }

    /** The task as it is. */
    public Task get(Caller asking, GetTaskRequest request) {
        return run("GetTask", asking, request.tenant(), request, caller -> {
            requireHistoryLength("historyLength", request.historyLength());
            return shown(caller, find(caller, request.id()), request);
        });
    }

    /**
     * The task once it has another generation than {@code known}: at its next event, at once if it has ended, or as it is
     * when the client's patience, or this server's, is over.
     *
     * @param waiting is given what ends the wait when it is closed, for a client that leaves or a server that stops
     */
    public Task await(Caller asking, GetTaskRequest request, long known, Consumer<AutoCloseable> waiting)
            throws InterruptedException {
        return run("GetTask", asking, request.tenant(), request, caller -> {
            requireHistoryLength("historyLength", request.historyLength());
            Snapshot now = find(caller, request.id());
            if (now.task().status().state().terminal() || changedSince(now, known)) {
                return shown(caller, now, request);
            }
            try (var stream = new TaskStream(request.id(), null, cursor(now, Math.min(known, now.offset())), null);
                    var patience = new Patience(stream.cursor(), patience(caller))) {
                waiting.accept(stream);
                patience.start();
                List<Journal.Entry<Event>> batch;
                do {
                    batch = stream.cursor().take(BATCH);
                } while (batch.stream().noneMatch(stream::shows)
                        && !stream.cursor().ended()
                        && !patience.over());
            }
            return shown(caller, find(caller, request.id()), request);
        });
    }

    private boolean changedSince(Snapshot now, long known) throws InterruptedException {
        try (var stream = new TaskStream(now.task().id(), null, cursor(now, known), null)) {
            return missedSomething(stream, known, now.offset());
        }
    }

    private static Duration patience(Caller caller) {
        if (caller.deadline() == null) {
            return LONGEST_POLL;
        }
        // An answer takes its time to get there, too.
        Duration left = Duration.between(Instant.now(), caller.deadline())
                .multipliedBy(4)
                .dividedBy(5);
        return left.compareTo(LONGEST_POLL) < 0 ? left : LONGEST_POLL;
    }

    private static Task shown(Caller caller, Snapshot snapshot, GetTaskRequest request) {
        Task task = snapshot.task().withHistoryLength(request.historyLength());
        return caller.extensions().contains(Resumption.URI) ? Resumption.mark(task, snapshot.offset()) : task;
    }

    /** One page of the caller's tasks with this agent, newest status first. */
    public ListTasksResponse list(Caller asking, ListTasksRequest request) {
        return run("ListTasks", asking, request.tenant(), request, caller -> {
            requireHistoryLength("historyLength", request.historyLength());
            int size = pageSize(request.pageSize());
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
        });
    }

    /** Cancels the task, or throws TASK_NOT_CANCELABLE if it has ended otherwise. */
    public Task cancel(Caller asking, CancelTaskRequest request) {
        return run("CancelTask", asking, request.tenant(), request, caller -> {
            find(caller, request.id());
            return ask(request.id(), () -> engine.cancel(caller.owner(), request.id()))
                    .task();
        });
    }

    /**
     * The events of a task that has not ended: the task as it is, then everything after. Close the stream.
     *
     * @throws A2aException with UNSUPPORTED_OPERATION if the task has ended
     */
    public TaskStream subscribe(Caller asking, SubscribeToTaskRequest request) {
        return run("SubscribeToTask", asking, request.tenant(), request, caller -> {
            Snapshot now = find(caller, request.id());
            if (now.task().status().state().terminal()) {
                throw ended(now.task());
            }
            return new TaskStream(request.id(), now, cursor(now, now.offset()), null);
        });
    }

    /**
     * The events of a task after an offset that the caller has seen, and no snapshot. A task that has ended gives what
     * was missed of it. Close the stream.
     *
     * @throws InvalidField if {@code after} is beyond the end of the journal
     * @throws A2aException with UNSUPPORTED_OPERATION if the task has ended and nothing of it was missed
     */
    public TaskStream resume(Caller asking, SubscribeToTaskRequest request, long after) throws InterruptedException {
        return run("SubscribeToTask", asking, request.tenant(), request, caller -> {
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
        });
    }

    // ---- Push configurations

    /** Pushes the task's events from now on. A configuration of the same id is replaced. */
    public TaskPushNotificationConfig createPush(Caller asking, TaskPushNotificationConfig config) {
        return run("CreateTaskPushNotificationConfig", asking, config.tenant(), config, caller -> {
            Pushes configs = pushes();
            configs.check(config, "");
            requireShort("id", config.id());
            if (config.taskId() == null) {
                throw new InvalidField("taskId", "is required");
            }
            Snapshot task = find(caller, config.taskId());
            if (task.task().status().state().terminal()) {
                throw ended(task.task());
            }
            String id = config.id() == null ? engine.newId() : config.id();
            return configs.put(
                    caller.owner(),
                    String.valueOf(task.task().contextId()),
                    config.identified(config.taskId(), id),
                    task.offset());
        });
    }

    /** One push configuration of a task. */
    public TaskPushNotificationConfig getPush(Caller asking, GetTaskPushNotificationConfigRequest request) {
        return run("GetTaskPushNotificationConfig", asking, request.tenant(), request, caller -> {
            Pushes configs = pushes();
            requireShort("id", request.id());
            find(caller, request.taskId());
            return configs.get(request.taskId(), request.id())
                    .orElseThrow(() -> new A2aException(
                            A2aError.TASK_NOT_FOUND,
                            "task " + request.taskId() + " has no push configuration " + request.id(),
                            Map.of("taskId", request.taskId(), "pushNotificationConfigId", request.id())));
        });
    }

    /** One page of a task's push configurations, by id. */
    public ListTaskPushNotificationConfigsResponse listPushes(
            Caller asking, ListTaskPushNotificationConfigsRequest request) {
        return run("ListTaskPushNotificationConfigs", asking, request.tenant(), request, caller -> {
            Pushes configs = pushes();
            int size = pageSize(request.pageSize());
            find(caller, request.taskId());
            Page<TaskPushNotificationConfig> page =
                    configs.list(request.taskId(), size, PageToken.read(request.pageToken()));
            return new ListTaskPushNotificationConfigsResponse(
                    page.items(), page.next() == null ? null : PageToken.write(page.next()));
        });
    }

    /** Ends the pushes of a configuration. One that is not there counts as ended. */
    public void deletePush(Caller asking, DeleteTaskPushNotificationConfigRequest request) {
        var _ = run("DeleteTaskPushNotificationConfig", asking, request.tenant(), request, caller -> {
            Pushes configs = pushes();
            requireShort("id", request.id());
            find(caller, request.taskId());
            configs.delete(request.taskId(), request.id());
            return true;
        });
    }

    // ---- The card

    /** The card for the client that asks, if there is one. */
    public AgentCard extendedCard(Caller asking, GetExtendedAgentCardRequest request) {
        return run("GetExtendedAgentCard", asking, request.tenant(), request, caller -> {
            if (caller.base() == null) {
                throw new InvalidField(
                        "", "the card holds this server's address as you know it: send a valid Host header");
            }
            boolean byDefault =
                    caller.agent().equals(engine.agents().byDefault().name());
            String path = A2aEndpoints.ROOT + (byDefault ? "" : "/" + caller.agent());
            return cards.extended(engine.agents().get(caller.agent()), caller.identity(), caller.base(), path);
        });
    }

    // ---- What they share

    private static int pageSize(@Nullable Integer asked) {
        int size = asked == null ? DEFAULT_PAGE : asked;
        if (size < 1 || size > LARGEST_PAGE) {
            throw new InvalidField("pageSize", "must be 1 to " + LARGEST_PAGE + ", not " + size);
        }
        return size;
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

    private static void requireShort(String field, @Nullable String id) {
        if (id != null && id.length() > LONGEST_ID) {
            throw new InvalidField(field, "must not be longer than " + LONGEST_ID + " characters");
        }
        if (id != null && id.indexOf('\0') >= 0) {
            throw new InvalidField(field, "must not have the character U+0000, which not every store can keep");
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
                case NO_CONTEXT, NO_MESSAGE, INVALID, WRONG_RESULTS -> invalid(message);
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
