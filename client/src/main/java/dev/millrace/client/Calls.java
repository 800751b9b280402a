package dev.millrace.client;

import dev.millrace.protocol.StreamResponse;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Calls over one transport: with the agent's tenant, through the interceptors, and again where that does no harm. */
final class Calls implements AutoCloseable {
    private static final int TRIES = 3;

    /** When a request may be made again. */
    enum Repeat {
        /** It changes nothing, or is recognized. */
        ALWAYS,
        /** Only if it certainly never arrived, or the server certainly did nothing with it. */
        UNSENT
    }

    /** Makes a request, once. */
    interface Try<T> {
        T make(CallHead head) throws IOException, InterruptedException;
    }

    private final Transport transport;
    private final Binding binding;
    private final URI url;
    private final @Nullable String tenant;
    private final ClientSettings settings;

    /** @param tenant copied into every request that names none (A2A v1.0, 4.4.6); null for none */
    Calls(Transport transport, Binding binding, URI url, @Nullable String tenant, ClientSettings settings) {
        this.transport = transport;
        this.binding = binding;
        this.url = url;
        this.tenant = tenant;
        this.settings = settings;
    }

    Binding binding() {
        return binding;
    }

    URI url() {
        return url;
    }

    /** Asks and waits for the answer. */
    <Q, A> A call(Operation<Q, A> operation, Q request, Repeat repeat) {
        Q asked = operation.in(tenant, request);
        return retrying(
                operation.name(), binding, url, settings, repeat, head -> transport.call(operation, asked, head));
    }

    /** Asks, once, and waits for the answer. */
    <Q, A> A once(Operation<Q, A> operation, Q request) throws IOException, InterruptedException {
        Q asked = operation.in(tenant, request);
        return attempt(
                new CallHead(operation.name(), binding, url, 1),
                settings,
                head -> transport.call(operation, asked, head));
    }

    /** Asks, once, and gives the stream that answers. Does not wait for the answer. */
    <Q> Transport.Feed open(Operation<Q, StreamResponse> operation, Q request, @Nullable String lastEventId) {
        Q asked = operation.in(tenant, request);
        var head = new CallHead(operation.name(), binding, url, 1);
        settings.headers().forEach(head::header);
        settings.interceptors().forEach(interceptor -> interceptor.before(head));
        return new WatchedFeed(
                transport.open(operation, asked, head, lastEventId), failure -> after(head, settings, failure));
    }

    @Override
    public void close() {
        transport.close();
    }

    /** Makes a call up to three times, as long as it is lost in a way that lets it be made again. */
    static <T> T retrying(
            String operation, Binding binding, URI url, ClientSettings settings, Repeat repeat, Try<T> call) {
        var backoff = new Backoff(settings.firstWait(), settings.mostWait(), ThreadLocalRandom.current());
        try {
            while (true) {
                Duration asked;
                try {
                    return attempt(new CallHead(operation, binding, url, backoff.tries() + 1), settings, call);
                } catch (IOException e) {
                    boolean again = repeat == Repeat.ALWAYS ? Losses.isLoss(e) : Losses.isUnsent(e);
                    if (!again || backoff.tries() >= TRIES - 1) {
                        throw Losses.failed(url, e);
                    }
                    asked = null;
                } catch (A2aException e) {
                    boolean again = repeat == Repeat.ALWAYS ? e.passing() : e.unworked();
                    asked = e.retryAfter().orElse(null);
                    boolean soon = asked == null || asked.compareTo(settings.mostWait()) <= 0;
                    if (!again || !soon || backoff.tries() >= TRIES - 1) {
                        throw e;
                    }
                }
                Thread.sleep(backoff.next(asked));
            }
        } catch (InterruptedException e) {
            throw Losses.interrupted();
        }
    }

    private static <T> T attempt(CallHead head, ClientSettings settings, Try<T> call)
            throws IOException, InterruptedException {
        settings.headers().forEach(head::header);
        List<CallInterceptor> around = settings.interceptors();
        around.forEach(interceptor -> interceptor.before(head));
        Exception failure = null;
        try {
            return call.make(head);
        } catch (IOException | A2aException e) {
            failure = e;
            throw e;
        } finally {
            after(head, settings, failure);
        }
    }

    private static void after(CallHead head, ClientSettings settings, @Nullable Exception failure) {
        settings.interceptors().reversed().forEach(interceptor -> interceptor.after(head, failure));
    }
}
