package dev.millrace.files;

import java.io.IOException;
import java.net.ConnectException;
import java.net.ProxySelector;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.ClientProtocolException;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.HttpRequestRetryStrategy;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.impl.routing.SystemDefaultRoutePlanner;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.EndpointDetails;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.DefaultHttpResponseParserFactory;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.net.URIAuthority;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Connections of HTTP/1.1 to origins, each used by one request at a time and kept for the next.
 *
 * <p>Everything here blocks the thread that called, and nothing else works for it: a block's bytes go from the socket to
 * the thread that fetches the block (docs/decisions/http-client.md says why). A virtual thread that is interrupted closes
 * the connection that it waits for, so an origin that is no longer wanted stops sending at once, and nobody writes into a
 * buffer but the thread that owns it.
 *
 * <p>Proxies are those of the system's properties, as for the JDK's own client. Safe for use by many threads.
 */
final class Connections implements AutoCloseable {
    /** As long as servers usually keep a connection that nobody uses, or a little less. */
    private static final TimeValue KEPT = TimeValue.ofSeconds(30);

    /** The pipeline bounds how many there are. */
    private static final int UNBOUNDED = 100_000;

    /** A server that restarts has closed all of them. */
    private static final int MOST_STALE = 64;

    /** The library refuses what is below 100 itself (RFC 9110, section 15). */
    private static final int LAST_STATUS = 599;

    private static final int LONGEST_LINE = 64 << 10;
    private static final int MOST_HEADERS = 200;

    private final CloseableHttpClient client;
    private final Set<Cancellable> unanswered = ConcurrentHashMap.newKeySet();

    /** @param tls for {@code https}; null for the system's own */
    Connections(Duration connectTimeout, @Nullable SSLContext tls) {
        Http1Config limits = Http1Config.custom()
                .setMaxLineLength(LONGEST_LINE)
                .setMaxHeaderCount(MOST_HEADERS)
                .build();
        var manager = PoolingHttpClientConnectionManagerBuilder.create()
                .setMaxConnTotal(UNBOUNDED)
                .setMaxConnPerRoute(UNBOUNDED)
                .setDefaultConnectionConfig(ConnectionConfig.custom()
                        .setConnectTimeout(Timeout.of(connectTimeout))
                        .build())
                .setConnectionFactory(ManagedHttpClientConnectionFactory.builder()
                        .http1Config(limits)
                        .responseParserFactory(new DefaultHttpResponseParserFactory(limits))
                        .build());
        // Made when it is needed: to read whom the system trusts takes long, and most origins nearby speak no TLS.
        manager.setTlsSocketStrategy((socket, host, port, attachment, context) ->
                strategy(tls).upgrade(socket, host, port, attachment, context));
        this.client = HttpClientBuilder.create()
                .setConnectionManager(manager.build())
                .setRoutePlanner(new SystemDefaultRoutePlanner(ProxySelector.getDefault()))
                .setRetryStrategy(new OnlyOfStale())
                .setKeepAliveStrategy((response, context) -> KEPT)
                .evictIdleConnections(KEPT)
                .disableRedirectHandling()
                .disableCookieManagement()
                .disableContentCompression()
                .disableAuthCaching()
                .disableConnectionState()
                .disableDefaultUserAgent()
                .build();
    }

    private static DefaultClientTlsStrategy strategy(@Nullable SSLContext tls) throws IOException {
        try {
            return new DefaultClientTlsStrategy(tls == null ? SSLContext.getDefault() : tls);
        } catch (NoSuchAlgorithmException e) {
            throw new IOException("no TLS here", e);
        }
    }

    /**
     * Sends a request without a body, and waits for its answer's head. To be called by a virtual thread: only those stop
     * waiting for a socket when they are interrupted.
     *
     * @param silence how long the server may be silent, now and while the body is read
     * @return to be closed
     * @throws SourceException that may pass, if there was no answer; that does not, if it cannot be read
     */
    Answer ask(HttpRequest request, Duration silence) throws SourceException, InterruptedException {
        URI url = request.uri();
        HttpUriRequestBase asked = new HttpUriRequestBase(request.method(), url);
        // Without the port that goes without saying: signatures count on it.
        int usual = "https".equalsIgnoreCase(url.getScheme()) ? 443 : 80;
        asked.setAuthority(new URIAuthority(url.getHost(), url.getPort() == usual ? -1 : url.getPort()));
        request.headers().map().forEach((name, values) -> values.forEach(value -> asked.addHeader(name, value)));
        asked.setConfig(RequestConfig.custom()
                // None at all would be for ever.
                .setResponseTimeout(Timeout.ofMilliseconds(Math.max(1, silence.toMillis())))
                .setProtocolUpgradeEnabled(false)
                .build());
        boolean answered = false;
        unanswered.add(asked);
        try {
            Answer answer = new Answer(asked, client.executeOpen(null, asked, HttpClientContext.create()));
            if (answer.statusCode() > LAST_STATUS) {
                throw new SourceException.Failed("no status of HTTP: " + answer.statusCode() + ": " + url);
            }
            answered = true;
            return answer;
        } catch (IOException e) {
            throw failure(Answer.interrupted(e), url);
        } catch (IllegalStateException | NullPointerException e) {
            // So the client says that it was interrupted or closed while it looked for a connection or opened one.
            throw failure(Answer.interrupted(new IOException(e)), url);
        } finally {
            unanswered.remove(asked);
            if (!answered) {
                asked.cancel();
            }
        }
    }

    private static SourceException failure(IOException e, URI url) {
        return switch (e) {
            case ConnectTimeoutException _ -> new SourceException.TimedOut("no connection: " + url);
            case SocketTimeoutException _ -> new SourceException.TimedOut("silent for too long: " + url);
            case ClientProtocolException _ -> new SourceException.Failed("no answer of HTTP/1.1: " + url + ": " + e, e);
            default -> SourceException.Failed.passing("connection failed: " + url + ": " + e, e);
        };
    }

    /**
     * A server may have closed a kept connection before it saw the request; then another is tried, in the end a new one.
     * All other failures are the caller's to judge.
     */
    private static final class OnlyOfStale implements HttpRequestRetryStrategy {
        @Override
        public boolean retryRequest(
                org.apache.hc.core5.http.HttpRequest request, IOException e, int count, HttpContext context) {
            EndpointDetails connection = HttpClientContext.castOrCreate(context).getEndpointDetails();
            boolean broke = e instanceof NoHttpResponseException
                    || (e instanceof SocketException && !(e instanceof ConnectException));
            boolean kept = connection != null && connection.getRequestCount() > 1;
            return broke
                    && kept
                    && count <= MOST_STALE
                    && !Thread.currentThread().isInterrupted();
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
