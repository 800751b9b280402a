package dev.millrace.agents;

import dev.langchain4j.exception.HttpException;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.http.client.sse.ServerSentEventContext;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParsingHandle;
import dev.millrace.client.sse.SseEvent;
import dev.millrace.client.sse.SseReader;
import dev.millrace.client.sse.SseStream;
import dev.millrace.engine.Span;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * One request to a model, in place of LangChain4j's HTTP client: it sends, reads and delivers on the thread that calls.
 *
 * <p>That is what makes a cancel certain. LangChain4j's own client hands the stream to another thread and gives out the
 * handle that stops it only with the first event (langchain4j#6304), so a request that has brought nothing yet goes on
 * until its read timeout. Here the agent's own thread waits: an interrupt or {@link #stop} closes the connection at any
 * moment, and when {@code chat} returns nothing of it is left.
 */
final class ModelExchange implements ServerSentEventParsingHandle {
    private static final int ERROR_BODY = 64 * 1024;

    /** The data with which a stream of chat completions ends. */
    private static final String DONE = "[DONE]";

    /** The types of the events with which the streams of Anthropic and of OpenAI's Responses end. */
    private static final Set<String> LAST = Set.of("message_stop", "response.completed", "response.incomplete");

    /** The types of events with which a provider breaks off its stream. */
    private static final Set<String> ERRORS = Set.of("error", "response.failed");

    /** In a line with which Ollama breaks off. */
    private static final String ERROR_FIELD = "\"error\"";

    /** In Ollama's last line. A string in it would have its quotes escaped. */
    private static final Pattern LAST_LINE = Pattern.compile("\"done\"\\s*:\\s*true");

    /** How long a response may take to end after its last event, before its connection is given up. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final java.net.http.HttpClient http;
    private final ModelConfig config;
    private final Consumer<Runnable> pause;
    private volatile boolean stopped;
    private volatile @Nullable SseStream stream;
    private boolean done;
    private boolean begun;
    private @Nullable ModelFailure failure;
    private @Nullable InterruptedException interrupt;

    ModelExchange(java.net.http.HttpClient http, ModelConfig config) {
        this(http, config, stop -> {});
    }

    /** @param pause called when all that has come is delivered, before more is waited for, with what ends the exchange */
    ModelExchange(java.net.http.HttpClient http, ModelConfig config, Consumer<Runnable> pause) {
        this.http = http;
        this.config = config;
        this.pause = pause;
    }

    /** True if the server said that its answer is whole. */
    boolean done() {
        return done;
    }

    /** True if the server began to answer with a stream. */
    boolean begun() {
        return begun;
    }

    /** Why there is no answer, or no whole one, as far as the connection knows; null if nothing went wrong on it. */
    @Nullable ModelFailure failure() {
        return failure;
    }

    /** The interrupt that ended the wait, or null. */
    @Nullable InterruptedException interrupt() {
        return interrupt;
    }

    /** Ends the exchange and closes its connection. Any thread; idempotent; also before it has begun. */
    void stop() {
        stopped = true;
        SseStream current = stream;
        if (current != null) {
            current.close();
        }
    }

    boolean stopped() {
        return stopped;
    }

    /** Sends the request, and delivers the response until it has ended, or {@link #stop} was called. */
    void execute(HttpRequest request, ServerSentEventListener listener) {
        SseStream opened = SseStream.open(http, jdk(request), config.times().silence(), SseReader.DEFAULT_LIMIT);
        stream = opened;
        if (stopped) { // read after the write above, as stop() reads after its own: one of the two closes
            opened.close();
            return;
        }
        try {
            if (accepted(opened, listener)) {
                begun = true;
                deliver(opened, listener);
            }
        } catch (InterruptedException e) {
            interrupt = e;
        } catch (IOException e) {
            if (!stopped) {
                failure = ModelFailures.of(e, config);
                listener.onError(e);
            }
        } finally {
            if (done) {
                opened.release(GRACE);
            } else {
                opened.close();
            }
        }
    }

    private boolean accepted(SseStream opened, ServerSentEventListener listener)
            throws IOException, InterruptedException {
        int status = opened.status();
        String type = opened.headers().firstValue("content-type").orElse("");
        if (status / 100 != 2) {
            byte[] body = opened.body(ERROR_BODY);
            failure = ModelFailures.of(status, body, opened.headers(), config);
            listener.onError(new HttpException(status, new String(body, StandardCharsets.UTF_8)));
            return false;
        }
        if ((type.contains("json") && !type.contains("ndjson")) || type.contains("html")) {
            failure = ModelFailures.noStream(type, opened.body(ERROR_BODY), config);
            listener.onError(failure);
            return false;
        }
        listener.onOpen(SuccessfulHttpResponse.builder()
                .statusCode(status)
                .headers(opened.headers().map())
                .build());
        return true;
    }

    private void deliver(SseStream opened, ServerSentEventListener listener) throws IOException, InterruptedException {
        if (config.provider() == Provider.OLLAMA) {
            deliverLines(opened, listener);
        } else {
            deliverEvents(opened, listener);
        }
        if (!stopped) {
            listener.onClose();
        }
    }

    private void deliverEvents(SseStream opened, ServerSentEventListener listener)
            throws IOException, InterruptedException {
        var context = new ServerSentEventContext(this);
        for (SseEvent event = opened.next(); event != null && !stopped && !done; event = opened.next()) {
            String text = Wording.of(config.provider(), event.text());
            if (ERRORS.contains(event.type())) {
                failure = ModelFailures.inStream(text, config);
                if (failure != null) {
                    return;
                }
            }
            done = text.equals(DONE) || LAST.contains(event.type());
            if (failure == null) {
                failure = Wording.failure(config.provider(), text);
            }
            if (!text.equals(DONE)) {
                String type = event.type().equals("message") ? null : Wording.ofType(event.type());
                listener.onEvent(new ServerSentEvent(type, text), context);
            }
            if (done) {
                return; // without waiting for the end of the response, which may be long in coming
            }
            if (!opened.ready()) {
                pause.accept(this::stop);
            }
        }
    }

    private void deliverLines(SseStream opened, ServerSentEventListener listener)
            throws IOException, InterruptedException {
        var context = new ServerSentEventContext(this);
        var lines = new JsonLines(SseReader.DEFAULT_LIMIT);
        while (!stopped && !done) {
            List<ByteBuffer> piece = opened.piece();
            for (ByteBuffer bytes : piece) {
                lines.feed(bytes);
            }
            if (piece.isEmpty()) {
                lines.end();
            }
            for (String line = lines.poll(); line != null && !stopped && !done; line = lines.poll()) {
                if (piece.isEmpty() && !isJson(line)) {
                    return; // the connection was cut in it
                }
                failure = line.contains(ERROR_FIELD) ? ModelFailures.inStream(line, config) : null;
                if (failure != null) {
                    return;
                }
                done = LAST_LINE.matcher(line).find();
                listener.onEvent(new ServerSentEvent(null, line), context);
            }
            if (piece.isEmpty()) {
                return;
            }
            pause.accept(this::stop);
        }
    }

    private static boolean isJson(String line) {
        try {
            JsonMapper.shared().readTree(line);
            return true;
        } catch (JacksonException e) {
            return false;
        }
    }

    private java.net.http.HttpRequest jdk(HttpRequest request) {
        URI uri = URI.create(request.url());
        var builder = java.net.http.HttpRequest.newBuilder(uri)
                .timeout(config.times().firstByte())
                .method(request.method().name(), BodyPublishers.ofString(request.body()));
        if ("http".equalsIgnoreCase(uri.getScheme())) {
            // In cleartext the JDK would ask for an upgrade to HTTP/2, which some model servers answer by dropping the
            // request's body.
            builder.version(java.net.http.HttpClient.Version.HTTP_1_1);
        }
        request.headers().forEach((name, values) -> values.forEach(value -> builder.header(name, value)));
        Span.current().carry(builder::setHeader);
        return builder.build();
    }

    // The handle that LangChain4j gives out with each event.

    @Override
    public void cancel() {
        stop();
    }

    @Override
    public boolean isCancelled() {
        return stopped;
    }
}
