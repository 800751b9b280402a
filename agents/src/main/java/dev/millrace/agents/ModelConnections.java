package dev.millrace.agents;

import dev.langchain4j.http.client.HttpRequest;
import dev.millrace.engine.Span;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ProxySelector;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.HttpRequestRetryStrategy;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.impl.routing.SystemDefaultRoutePlanner;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.EndpointDetails;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * Connections of HTTP/1.1 to models' servers, each used by one request at a time and kept for the next.
 *
 * <p>The thread that asks reads its answer from the socket itself, and nothing else works for it: what a thread between costs
 * at each piece is more than all the rest of a token (docs/decisions/langchain4j.md). It is to be a virtual one: only those
 * stop waiting for a socket when they are interrupted.
 *
 * <p>Proxies are those of the system's properties. Safe for use by many threads.
 */
final class ModelConnections implements AutoCloseable {
    /** As long as servers usually keep a connection that nobody uses, or a little less. */
    private static final TimeValue KEPT = TimeValue.ofSeconds(30);

    /** Each turn has one; how many of those there are, the engine bounds. */
    private static final int UNBOUNDED = 100_000;

    private final CloseableHttpClient client;
    private final Set<Cancellable> unanswered = ConcurrentHashMap.newKeySet();

    ModelConnections(Duration connectTimeout) {
        Timeout connect = Timeout.of(connectTimeout);
        var manager = PoolingHttpClientConnectionManagerBuilder.create()
                .setMaxConnTotal(UNBOUNDED)
                .setMaxConnPerRoute(UNBOUNDED)
                .setDefaultConnectionConfig(ConnectionConfig.custom()
                        .setConnectTimeout(connect)
                        // It would wait a millisecond for a byte that is not to come. See OnlyOfStale.
                        .setValidateAfterInactivity(TimeValue.NEG_ONE_MILLISECOND)
                        .build())
                .setDefaultTlsConfig(
                        TlsConfig.custom().setHandshakeTimeout(connect).build())
                .setConnectionFactory(socket -> new ModelConnection());
        // Made when it is needed: to read whom the system trusts takes long, and models nearby speak no TLS.
        manager.setTlsSocketStrategy((socket, host, port, attachment, context) ->
                strategy().upgrade(socket, host, port, attachment, context));
        client = HttpClientBuilder.create()
                .setConnectionManager(manager.build())
                .setRoutePlanner(new SystemDefaultRoutePlanner(ProxySelector.getDefault()))
                .setRequestExecutor(new ModelConnection.Noted())
                .setRetryStrategy(new OnlyOfStale())
                .setKeepAliveStrategy((response, context) -> KEPT)
                .evictIdleConnections(KEPT)
                .setUserAgent("millrace")
                .disableRedirectHandling()
                .disableCookieManagement()
                .disableContentCompression()
                .disableAuthCaching()
                .disableConnectionState()
                .build();
    }

    /** Those that all of an agent's models share: each may take as long to connect as the most patient of them. */
    static ModelConnections of(List<ModelConfig> models) {
        return new ModelConnections(models.stream()
                .map(model -> model.times().connect())
                .max(Duration::compareTo)
                .orElseThrow());
    }

    private static DefaultClientTlsStrategy strategy() throws IOException {
        try {
            return new DefaultClientTlsStrategy(SSLContext.getDefault());
        } catch (NoSuchAlgorithmException e) {
            throw new IOException("no TLS here", e);
        }
    }

    /** A request that {@link #ask} sends, and any thread may {@code cancel} at any moment. */
    static HttpUriRequestBase request(HttpRequest request, Duration firstByte) {
        var asked = new HttpUriRequestBase(request.method().name(), URI.create(request.url()));
        request.headers().forEach((name, values) -> values.forEach(value -> asked.addHeader(name, value)));
        Span.current().carry(asked::setHeader);
        asked.setEntity(new ByteArrayEntity(request.body().getBytes(StandardCharsets.UTF_8), null));
        asked.setConfig(RequestConfig.custom()
                // None at all would be for ever.
                .setResponseTimeout(Timeout.ofMilliseconds(Math.max(1, firstByte.toMillis())))
                .setProtocolUpgradeEnabled(false)
                .build());
        return asked;
    }

    /**
     * Sends the request, and waits for its answer's head.
     *
     * @param silence how long the server may be silent in the answer's body
     * @return to be closed or released
     */
    ModelResponse ask(HttpUriRequestBase request, Duration silence) throws IOException {
        HttpClientContext context = HttpClientContext.create();
        boolean answered = false;
        unanswered.add(request);
        try {
            var response = new ModelResponse(request, client.executeOpen(null, request, context), context);
            response.silence(silence);
            answered = true;
            return response;
        } catch (IllegalStateException | NullPointerException e) {
            throw new IOException(e); // so it says that it was cancelled or closed while it looked for a connection
        } finally {
            unanswered.remove(request);
            if (!answered) {
                request.cancel();
            }
        }
    }

    /**
     * A server may have closed a kept connection before it saw the request; then another is tried, in the end a new one. All
     * other failures are the turn's to judge.
     */
    private static final class OnlyOfStale implements HttpRequestRetryStrategy {
        /** A server that restarts has closed all of them. */
        private static final int MOST = 64;

        @Override
        public boolean retryRequest(
                org.apache.hc.core5.http.HttpRequest request, IOException e, int count, HttpContext context) {
            EndpointDetails connection = HttpClientContext.castOrCreate(context).getEndpointDetails();
            boolean broke = e instanceof NoHttpResponseException
                    || (e instanceof SocketException && !(e instanceof ConnectException));
            boolean kept = connection != null && connection.getRequestCount() > 1;
            return broke && kept && count <= MOST && !Thread.currentThread().isInterrupted();
        }

        @Override
        public boolean retryRequest(HttpResponse response, int count, HttpContext context) {
            return false;
        }

        @Override
        public TimeValue getRetryInterval(HttpResponse response, int count, HttpContext context) {
            return TimeValue.ZERO_MILLISECONDS;
        }
    }

    /** Cuts all connections; whoever waits for one fails. Idempotent. */
    @Override
    public void close() {
        client.close(CloseMode.IMMEDIATE);
        // A request whose connection was cut before it was sent would open another, in spite of what is closed.
        unanswered.forEach(Cancellable::cancel);
    }
}
