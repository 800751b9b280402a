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
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
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

    private final ModelConnections connections;
    private final ModelConfig config;
    private final Consumer<Runnable> pause;
    private volatile boolean stopped;
    private volatile @Nullable HttpUriRequestBase request;
    private final ServerSentEventContext context = new ServerSentEventContext(this);
    private boolean done;
    private boolean begun;
    private @Nullable ModelFailure failure;
    private @Nullable InterruptedException interrupt;

    ModelExchange(ModelConnections connections, ModelConfig config) {
        this(connections, config, stop -> {});
    }

    /** @param pause called when all that has come is delivered, before more is waited for, with what ends the exchange */
    ModelExchange(ModelConnections connections, ModelConfig config, Consumer<Runnable> pause) {
        this.connections = connections;
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
        HttpUriRequestBase current = request;
        if (current != null) {
            current.cancel();
        }
    }

    boolean stopped() {
        return stopped;
    }

    /** Sends the request, and delivers the response until it has ended, or {@link #stop} was called. */
    void execute(HttpRequest given, ServerSentEventListener listener) {
        HttpUriRequestBase asked =
                ModelConnections.request(given, config.times().firstByte());
        request = asked;
        if (stopped) {
            return; // read after the write above, as stop() reads after its own: one of the two ends it
        }
        ModelResponse response = null;
        try {
            response = connections.ask(asked, config.times().silence());
            if (accepted(response, listener)) {
                begun = true;
                deliver(response, listener);
            }
        } catch (IOException e) {
            if (Thread.interrupted()) {
                interrupt = new InterruptedException("nobody waits for this answer any more");
            } else if (!stopped) {
                failure = ModelFailures.of(e, config);
                listener.onError(e);
            }
        } finally {
            if (response != null && done) {
                response.release(GRACE);
            } else if (response != null) {
                response.close();
            }
        }
    }

    private boolean accepted(ModelResponse response, ServerSentEventListener listener) throws IOException {
        int status = response.status();
        String type = response.headers().firstValue("content-type").orElse("");
        if (status / 100 != 2) {
            byte[] body = response.readAll(ERROR_BODY);
            failure = ModelFailures.of(status, body, response.headers(), config);
            listener.onError(new HttpException(status, new String(body, StandardCharsets.UTF_8)));
            return false;
        }
        if ((type.contains("json") && !type.contains("ndjson")) || type.contains("html")) {
            failure = ModelFailures.noStream(type, response.readAll(ERROR_BODY), config);
            listener.onError(failure);
            return false;
        }
        listener.onOpen(SuccessfulHttpResponse.builder()
                .statusCode(status)
                .headers(response.headers().map())
                .build());
        return true;
    }

    private void deliver(ModelResponse response, ServerSentEventListener listener) throws IOException {
        if (config.provider() == Provider.OLLAMA) {
            deliverLines(response, listener);
        } else {
            deliverEvents(response, listener);
        }
        if (!stopped) {
            listener.onClose();
        }
    }

    private void deliverEvents(ModelResponse response, ServerSentEventListener listener) throws IOException {
        var events = new SseReader(SseReader.DEFAULT_LIMIT);
        for (ByteBuffer bytes = response.read(); bytes != null; bytes = response.read()) {
            events.feed(bytes);
            for (SseEvent event = events.poll(); event != null; event = events.poll()) {
                if (stopped || !deliver(event, listener)) {
                    return; // without waiting for the end of the response, which may be long in coming
                }
            }
            pause.accept(this::stop);
        }
    }

    /** False if it was the last. */
    private boolean deliver(SseEvent event, ServerSentEventListener listener) {
        String text = Wording.of(config.provider(), event.text());
        if (ERRORS.contains(event.type())) {
            failure = ModelFailures.inStream(text, config);
            if (failure != null) {
                return false;
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
        return !done;
    }

    private void deliverLines(ModelResponse response, ServerSentEventListener listener) throws IOException {
        var lines = new JsonLines(SseReader.DEFAULT_LIMIT);
        for (boolean more = true; more; ) {
            ByteBuffer bytes = response.read();
            more = bytes != null;
            if (bytes == null) {
                lines.end();
            } else {
                lines.feed(bytes);
            }
            for (String line = lines.poll(); line != null; line = lines.poll()) {
                if (stopped || (!more && !isJson(line))) {
                    return; // if it was not stopped, the connection was cut in it
                }
                failure = line.contains(ERROR_FIELD) ? ModelFailures.inStream(line, config) : null;
                if (failure != null) {
                    return;
                }
                done = LAST_LINE.matcher(line).find();
                listener.onEvent(new ServerSentEvent(null, line), context);
                if (done) {
                    return;
                }
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
