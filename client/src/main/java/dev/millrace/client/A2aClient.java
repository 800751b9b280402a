package dev.millrace.client;

import dev.millrace.client.Calls.Repeat;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.SendMessageResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.operation.CancelTaskRequest;
import dev.millrace.protocol.operation.GetExtendedAgentCardRequest;
import dev.millrace.protocol.operation.GetTaskRequest;
import dev.millrace.protocol.operation.ListTasksRequest;
import dev.millrace.protocol.operation.ListTasksResponse;
import dev.millrace.protocol.operation.SendMessageRequest;
import dev.millrace.protocol.operation.SubscribeToTaskRequest;
import dev.millrace.protocol.push.DeleteTaskPushNotificationConfigRequest;
import dev.millrace.protocol.push.GetTaskPushNotificationConfigRequest;
import dev.millrace.protocol.push.ListTaskPushNotificationConfigsRequest;
import dev.millrace.protocol.push.ListTaskPushNotificationConfigsResponse;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Talks to one A2A agent.
 *
 * <pre>{@code
 * try (A2aClient agent = A2aClient.connect(URI.create("http://localhost:8080"));
 *         TaskStream stream = agent.stream(Message.user(UUID.randomUUID().toString(), "hello"))) {
 *     for (StreamResponse event : stream) {
 *         …
 *     }
 * }
 * }</pre>
 *
 * <p>Safe for any number of threads; each call blocks its thread, which should be a virtual one. Every operation throws
 * {@link A2aException} for an error that the server reports, {@link ConnectionFailed} where no usable answer came, and
 * {@link CancellationException} if its thread is interrupted, which then is still interrupted.
 *
 * <p>Over JSON-RPC, HTTP+JSON and gRPC alike: the same operations, results and exceptions, see {@link
 * A2aClientBuilder#bindings}.
 *
 * <p>What is tried again: reading (get, list) and deleting after any lost connection; everything where no connection
 * came about at all, or where the server says that it is too busy (429, 503) for no longer than {@link
 * A2aClientBuilder#reconnect}'s longest wait; a message only if the server is known to recognize it, see {@link
 * A2aClientBuilder#resend}. Three tries in all; streams, once they have begun, have more patience, see {@link
 * TaskStream}.
 */
public final class A2aClient implements AutoCloseable {
    /**
     * The extension that a server lists on its card to promise two things: its streams carry SSE ids and go on exactly
     * after a {@code Last-Event-ID}; and a message that comes again, with the same id in the same context, gives the
     * first answer again.
     */
    public static final String RESUMABLE = "https://millrace.dev/a2a/extensions/resume/v1";

    private final @Nullable FoundCard card;
    private final Calls calls;
    private final ClientSettings settings;
    private final HttpClient http;
    private final Set<TaskStream> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private A2aClient(HttpClient http, @Nullable FoundCard card, Calls calls, ClientSettings settings) {
        this.http = http;
        this.card = card;
        this.calls = calls;
        this.settings = settings;
    }

    /**
     * Connects to the agent at this URL, with the defaults of {@link A2aClientBuilder}.
     *
     * @see #at
     */
    public static A2aClient connect(URI url) {
        return at(url).connect();
    }

    /**
     * An agent by its URL: that of its server ({@code http://localhost:8080}), of its card (ends in {@code .json}), or of
     * its interface. The card is looked for at {@code /.well-known/agent-card.json} below the URL; if there is
     * none, the URL is taken for the interface.
     *
     * <p>The card decides where requests go, and the headers of the builder, credentials too, go with them.
     */
    public static A2aClientBuilder at(URI url) {
        return new A2aClientBuilder(url, false);
    }

    /**
     * An agent by the URL of its interface; no card is looked for. JSON-RPC, unless {@link A2aClientBuilder#bindings} says
     * otherwise; for gRPC the URL is {@code http://host:port}, or https for TLS.
     */
    public static A2aClientBuilder atInterface(URI url) {
        return new A2aClientBuilder(url, true);
    }

    static A2aClient connect(URI url, boolean isInterface, ClientSettings settings) {
        HttpClient.Builder building = HttpClient.newBuilder()
                .connectTimeout(settings.connect())
                .executor(Executors.newVirtualThreadPerTaskExecutor());
        if (!settings.tls().isDefault()) {
            building.sslContext(settings.tls().context());
        }
        HttpClient http = building.build();
        boolean connected = false;
        try {
            var cards = new CardFinder(http, settings);
            Binding first = settings.bindings().isEmpty()
                    ? Binding.JSONRPC
                    : settings.bindings().getFirst();
            Optional<FoundCard> card = isInterface
                    ? Optional.empty()
                    : Calls.retrying("AgentCard", first, url, settings, Repeat.ALWAYS, head -> cards.find(url, head));
            A2aClient client = card.isEmpty()
                    ? new A2aClient(
                            http,
                            null,
                            new Calls(transport(first, http, url, settings), first, url, null, settings),
                            settings)
                    : by(card.get(), http, settings);
            connected = true;
            return client;
        } finally {
            if (!connected) {
                http.shutdownNow();
            }
        }
    }

    private static A2aClient by(FoundCard card, HttpClient http, ClientSettings settings) {
        try {
            FoundCard.Chosen chosen = card.choose(settings.bindings());
            boolean resumable = card.card().capabilities().extensions().stream()
                    .anyMatch(extension -> extension.uri().equals(RESUMABLE));
            ClientSettings known = resumable ? settings.withResend() : settings;
            var calls = new Calls(
                    transport(chosen.binding(), http, chosen.url(), known),
                    chosen.binding(),
                    chosen.url(),
                    chosen.stated().tenant(),
                    known);
            return new A2aClient(http, card, calls, known);
        } catch (NotA2a e) {
            throw Losses.failed(card.at(), e);
        }
    }

    private static Transport transport(Binding binding, HttpClient http, URI url, ClientSettings settings) {
        if (!binding.available()) {
            throw new IllegalStateException("gRPC needs dev.millrace:millrace-grpc and a transport such as"
                    + " io.grpc:grpc-netty-shaded on the class path");
        }
        return switch (binding) {
            case JSONRPC -> new JsonRpcTransport(http, url, settings);
            case HTTP_JSON -> new RestTransport(http, url, settings);
            case GRPC -> new GrpcTransport(url, settings);
        };
    }

    /** The agent's card; empty if there was none, or none was looked for. */
    public Optional<AgentCard> card() {
        return Optional.ofNullable(card).map(FoundCard::card);
    }

    /** The card's JSON as it came, for {@link CardSignatures#check}; empty if there was none, or none was looked for. */
    public Optional<JsonNode> cardJson() {
        return Optional.ofNullable(card).map(FoundCard::json);
    }

    /** Where requests go; for gRPC {@code http://host:port}, or https for TLS. */
    public URI url() {
        return calls.url();
    }

    /** How requests go. */
    public Binding binding() {
        return calls.binding();
    }

    /** Sends a message and waits for what it gives: by default until its task has ended or needs its user. */
    public SendMessageResponse send(SendMessageRequest request) {
        SendMessageRequest sent = recognizable(request);
        return calls.call(Operation.SEND_MESSAGE, sent, settings.resend() ? Repeat.ALWAYS : Repeat.UNSENT);
    }

    /** Sends a message with the defaults. */
    public SendMessageResponse send(Message message) {
        return send(SendMessageRequest.of(message));
    }

    /** Sends a message and gives the stream of what it makes. The message is on its way when this returns. */
    public TaskStream stream(SendMessageRequest request) {
        SendMessageRequest sent = recognizable(request);
        return opened(new TaskStream(
                this, () -> calls.open(Operation.SEND_STREAMING_MESSAGE, sent, null), null, null, settings.resend()));
    }

    /** Sends a message with the defaults, streaming. */
    public TaskStream stream(Message message) {
        return stream(SendMessageRequest.of(message));
    }

    /** A task as it is now. */
    public Task getTask(GetTaskRequest request) {
        return calls.call(Operation.GET_TASK, request, Repeat.ALWAYS);
    }

    /** A task as it is now. */
    public Task getTask(String taskId) {
        return getTask(GetTaskRequest.of(taskId));
    }

    /** One page of tasks, the newest status first. */
    public ListTasksResponse listTasks(ListTasksRequest request) {
        return calls.call(Operation.LIST_TASKS, request, Repeat.ALWAYS);
    }

    /** Cancels a task and gives it as it is then. */
    public Task cancel(String taskId) {
        return cancel(CancelTaskRequest.of(taskId));
    }

    /** Cancels a task and gives it as it is then. */
    public Task cancel(CancelTaskRequest request) {
        return calls.call(Operation.CANCEL_TASK, request, Repeat.UNSENT);
    }

    /**
     * Has the events of a task pushed to a URL, and gives the configuration with the ids that it got.
     *
     * @param config names its task
     */
    public TaskPushNotificationConfig createPushConfig(TaskPushNotificationConfig config) {
        return calls.call(Operation.CREATE_PUSH_CONFIG, config, Repeat.UNSENT);
    }

    /** One push configuration of a task. */
    public TaskPushNotificationConfig getPushConfig(String taskId, String configId) {
        return calls.call(
                Operation.GET_PUSH_CONFIG,
                new GetTaskPushNotificationConfigRequest(null, taskId, configId),
                Repeat.ALWAYS);
    }

    /** The first page of a task's push configurations. */
    public ListTaskPushNotificationConfigsResponse listPushConfigs(String taskId) {
        return listPushConfigs(new ListTaskPushNotificationConfigsRequest(null, taskId, null, null));
    }

    /** One page of a task's push configurations. */
    public ListTaskPushNotificationConfigsResponse listPushConfigs(ListTaskPushNotificationConfigsRequest request) {
        return calls.call(Operation.LIST_PUSH_CONFIGS, request, Repeat.ALWAYS);
    }

    /** Ends a push. One that is not there counts as ended. */
    public void deletePushConfig(String taskId, String configId) {
        var _ = calls.call(
                Operation.DELETE_PUSH_CONFIG,
                new DeleteTaskPushNotificationConfigRequest(null, taskId, configId),
                Repeat.ALWAYS);
    }

    /** The card that the agent shows to those it knows; {@link #card} is the one for everybody. */
    public AgentCard extendedCard() {
        return calls.call(Operation.GET_EXTENDED_CARD, new GetExtendedAgentCardRequest(null), Repeat.ALWAYS);
    }

    /** The stream of a task that was begun before: first the task as it is, then what follows. */
    public TaskStream subscribe(String taskId) {
        return subscribe(taskId, null);
    }

    /**
     * The stream of a task, after an event that was seen before.
     *
     * @param lastEventId what {@link TaskStream#lastEventId} said then; null to begin with the task as it is
     */
    public TaskStream subscribe(String taskId, @Nullable String lastEventId) {
        return opened(new TaskStream(this, () -> resumed(taskId, lastEventId), taskId, lastEventId, true));
    }

    /** Closes every stream and connection. Idempotent; any thread. */
    @Override
    public void close() {
        closed = true;
        open.forEach(TaskStream::close);
        calls.close();
        http.shutdownNow();
    }

    Transport.Feed resumed(String taskId, @Nullable String lastEventId) {
        return calls.open(Operation.SUBSCRIBE_TO_TASK, SubscribeToTaskRequest.of(taskId), lastEventId);
    }

    /** The task as it is now, asked for once. */
    Task now(String taskId) throws IOException, InterruptedException {
        return calls.once(Operation.GET_TASK, GetTaskRequest.of(taskId));
    }

    ClientSettings settings() {
        return settings;
    }

    void forget(TaskStream stream) {
        open.remove(stream);
    }

    private TaskStream opened(TaskStream stream) {
        open.add(stream);
        if (closed) { // read after the write above, as close() reads after its own: one of the two closes
            stream.close();
            throw new IllegalStateException("this client is closed");
        }
        stream.start();
        return stream;
    }

    private SendMessageRequest recognizable(SendMessageRequest request) {
        Message message = request.message();
        if (!settings.resend() || message.contextId() != null || message.taskId() != null) {
            return request;
        }
        return new SendMessageRequest(
                request.tenant(),
                message.in(UUID.randomUUID().toString(), null),
                request.configuration(),
                request.metadata());
    }
}
