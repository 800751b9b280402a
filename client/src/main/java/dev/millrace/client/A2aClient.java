package dev.millrace.client;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.SendMessageResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.card.AgentInterface;
import dev.millrace.protocol.operation.CancelTaskRequest;
import dev.millrace.protocol.operation.GetTaskRequest;
import dev.millrace.protocol.operation.ListTasksRequest;
import dev.millrace.protocol.operation.ListTasksResponse;
import dev.millrace.protocol.operation.SendMessageRequest;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

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
 * <p>What is tried again: reading (get, list) after any lost connection; everything where no connection came about at
 * all; a message only if the server is known to recognize it, see {@link A2aClientBuilder#resend}. Three tries in all;
 * streams, once they have begun, have more patience, see {@link TaskStream}.
 */
public final class A2aClient implements AutoCloseable {
    /**
     * The extension that a server lists on its card to promise two things: its streams carry SSE ids and go on exactly
     * after a {@code Last-Event-ID}; and a message that comes again, with the same id in the same context, gives the
     * first answer again.
     */
    public static final String RESUMABLE = "https://millrace.dev/a2a/extensions/resume/v1";

    private static final int TRIES = 3;

    private final HttpClient http;
    private final @Nullable AgentCard card;
    private final URI url;
    private final Transport transport;
    private final ClientSettings settings;
    private final Set<TaskStream> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private A2aClient(
            HttpClient http, @Nullable AgentCard card, URI url, @Nullable String tenant, ClientSettings settings) {
        this.http = http;
        this.card = card;
        this.url = url;
        this.settings = settings;
        this.transport = new JsonRpcTransport(http, url, tenant, settings);
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
     * its JSON-RPC interface. The card is looked for at {@code /.well-known/agent-card.json} below the URL; if there is
     * none, the URL is taken for the interface.
     *
     * <p>The card decides where requests go, and the headers of the builder, credentials too, go with them.
     */
    public static A2aClientBuilder at(URI url) {
        return new A2aClientBuilder(url, false);
    }

    /** An agent by the URL of its JSON-RPC interface; no card is looked for. */
    public static A2aClientBuilder atInterface(URI url) {
        return new A2aClientBuilder(url, true);
    }

    static A2aClient connect(URI url, boolean isInterface, ClientSettings settings) {
        HttpClient http = HttpClient.newBuilder()
                .connectTimeout(settings.connect())
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();
        boolean connected = false;
        try {
            var cards = new CardFinder(http, settings);
            Optional<AgentCard> card =
                    isInterface ? Optional.empty() : retrying(url, settings, Repeat.ALWAYS, () -> cards.find(url));
            A2aClient client = card.isEmpty()
                    ? new A2aClient(http, null, url, null, settings)
                    : by(card.get(), http, url, settings);
            connected = true;
            return client;
        } finally {
            if (!connected) {
                http.shutdownNow();
            }
        }
    }

    private static A2aClient by(AgentCard card, HttpClient http, URI url, ClientSettings settings) {
        try {
            AgentInterface chosen = CardFinder.choose(card);
            boolean resumable = card.capabilities().extensions().stream()
                    .anyMatch(extension -> extension.uri().equals(RESUMABLE));
            return new A2aClient(
                    http,
                    card,
                    url.resolve(chosen.url()),
                    chosen.tenant(),
                    resumable ? settings.withResend() : settings);
        } catch (NotA2a e) {
            throw failed(url, e);
        } catch (IllegalArgumentException e) {
            throw failed(url, new NotA2a("the agent card names an interface that is no URL: " + e.getMessage(), e));
        }
    }

    /** The agent's card; empty if there was none, or none was looked for. */
    public Optional<AgentCard> card() {
        return Optional.ofNullable(card);
    }

    /** Where requests go. */
    public URI url() {
        return url;
    }

    /** Sends a message and waits for what it gives: by default until its task has ended or needs its user. */
    public SendMessageResponse send(SendMessageRequest request) {
        SendMessageRequest sent = recognizable(request);
        Repeat repeat = settings.resend() ? Repeat.ALWAYS : Repeat.UNSENT;
        return retrying(url, settings, repeat, () -> transport.send(sent));
    }

    /** Sends a message with the defaults. */
    public SendMessageResponse send(Message message) {
        return send(SendMessageRequest.of(message));
    }

    /** Sends a message and gives the stream of what it makes. The message is on its way when this returns. */
    public TaskStream stream(SendMessageRequest request) {
        SendMessageRequest sent = recognizable(request);
        return opened(new TaskStream(this, () -> transport.stream(sent), null, null, settings.resend()));
    }

    /** Sends a message with the defaults, streaming. */
    public TaskStream stream(Message message) {
        return stream(SendMessageRequest.of(message));
    }

    public Task getTask(GetTaskRequest request) {
        return retrying(url, settings, Repeat.ALWAYS, () -> transport.getTask(request));
    }

    public Task getTask(String taskId) {
        return getTask(GetTaskRequest.of(taskId));
    }

    public ListTasksResponse listTasks(ListTasksRequest request) {
        return retrying(url, settings, Repeat.ALWAYS, () -> transport.listTasks(request));
    }

    /** Cancels a task and gives it as it is then. */
    public Task cancel(String taskId) {
        return retrying(url, settings, Repeat.UNSENT, () -> transport.cancel(CancelTaskRequest.of(taskId)));
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
        return opened(new TaskStream(this, () -> transport.subscribe(taskId, lastEventId), taskId, lastEventId, true));
    }

    /** Closes every stream and connection. Idempotent; any thread. */
    @Override
    public void close() {
        closed = true;
        open.forEach(TaskStream::close);
        http.shutdownNow();
    }

    Transport transport() {
        return transport;
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

    /** When a request may be made again. */
    private enum Repeat {
        /** It changes nothing, or is recognized. */
        ALWAYS,
        /** Only if it certainly never arrived. */
        UNSENT
    }

    private interface Call<T> {
        T make() throws IOException, InterruptedException;
    }

    private static <T> T retrying(URI url, ClientSettings settings, Repeat repeat, Call<T> call) {
        var backoff = new Backoff(settings.firstWait(), settings.mostWait(), ThreadLocalRandom.current());
        try {
            while (true) {
                try {
                    return call.make();
                } catch (IOException e) {
                    boolean again = repeat == Repeat.ALWAYS ? isLoss(e) : isUnsent(e);
                    if (!again || backoff.tries() >= TRIES - 1) {
                        throw failed(url, e);
                    }
                    Thread.sleep(backoff.next(null));
                }
            }
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    static boolean isUnsent(IOException e) {
        return e instanceof ConnectException || e instanceof HttpConnectTimeoutException;
    }

    /** True if the connection was lost, rather than that the answer was wrong or took too long. */
    private static boolean isLoss(IOException e) {
        return !(e instanceof NotA2a)
                && (!(e instanceof HttpTimeoutException) || e instanceof HttpConnectTimeoutException);
    }

    static ConnectionFailed failed(URI url, IOException e) {
        String message =
                switch (e) {
                    case NotA2a wrong -> String.valueOf(wrong.getMessage());
                    case HttpConnectTimeoutException _ ->
                        "no connection to " + url + " in time. Check the URL and the network.";
                    case ConnectException _ ->
                        "nothing answers at " + url + ". Is the server running, and the URL right?";
                    case HttpTimeoutException _ ->
                        "no answer from " + url
                                + " in time. The task may go on there: look for it with its id, or stream.";
                    default -> "the connection to " + url + " broke: " + e.getMessage();
                };
        return new ConnectionFailed(message, !isUnsent(e), e);
    }

    static CancellationException interrupted() {
        Thread.currentThread().interrupt();
        return new CancellationException("interrupted while waiting for an A2A server");
    }
}
