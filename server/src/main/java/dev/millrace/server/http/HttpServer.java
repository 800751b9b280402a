package dev.millrace.server.http;

import dev.millrace.core.Sweeper;
import io.grpc.BindableService;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.server.AbstractHTTP2ServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.WindowRateControl;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.DetectorConnectionFactory;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.component.Graceful;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.websocket.core.WebSocketComponents;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One port that speaks HTTP/1.1, HTTP/2, Server-Sent Events, WebSocket and gRPC; with a certificate, TLS as well as
 * cleartext. Each request runs on a virtual thread of its own, without an upper number.
 *
 * <p>A server is started once and stopped once.
 */
public final class HttpServer {
    private static final Logger log = LoggerFactory.getLogger(HttpServer.class);

    private static final int GOODBYE_MILLIS = 250;

    /**
     * So many times a second may each stream that a connection may have be reset, by either side, before the connection is
     * given up; pings and settings count with them. All users of a gateway may leave at once, and a call that is refused
     * before its body was read ends in a reset of ours. Who only wants to be a nuisance has cheaper ways.
     */
    private static final int RESETS_PER_STREAM = 8;

    static {
        // Or else Jetty starts all of JMX to ask how long a reference is, by which it keeps two counters apart.
        // Right for heaps below 32 GB; with larger ones the counters are farther apart.
        String references = "org.eclipse.jetty.util.referencesPerCacheLine";
        System.setProperty(references, System.getProperty(references, "16"));
    }

    private enum Phase {
        NEW,
        RUNNING,
        STOPPING
    }

    private final HttpLimits limits;
    private final boolean tls;
    private final Signal stopping = new Signal();
    private final Occupancy occupancy = new Occupancy();
    private final Sweeper sweeper;
    private final ExecutorService workers;
    private final Server server;
    private final ServerConnector connector;
    private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.NEW);
    private @Nullable Thread heart;

    private HttpServer(Builder builder) throws IOException {
        limits = builder.limits;
        tls = builder.chainFile != null;
        sweeper = new Sweeper(limits.heartbeat());
        // Uncapped: Jetty's own VirtualThreadPool stops at 200 tasks, which 200 open streams would fill.
        workers = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("http-", 0).factory());
        var platform = new QueuedThreadPool();
        platform.setName("http-io");
        platform.setVirtualThreadsExecutor(workers);
        // With threads in reserve, Jetty runs a request on the platform thread that read it (execute-produce-consume).
        platform.setReservedThreads(0);
        server = new Server(platform);
        connector = new Port(server, factories(builder));
        connector.setHost(builder.host);
        connector.setPort(builder.port);
        connector.setIdleTimeout(limits.idle().toMillis());
        connector.setAcceptQueueSize(limits.acceptQueue());
        // When the server stops, running requests keep their time.
        connector.setShutdownIdleTimeout(-1);
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(limits.maxConnections(), connector));
        server.setErrorHandler(new ProblemPage());
        server.setStopTimeout(0);
        server.setHandler(new Reception(occupancy, workers, handler(builder)));
        builder.stopHooks.forEach(stopping::add);
    }

    private Handler handler(Builder builder) {
        var webSockets = new WebSocketComponents();
        // A stream of small messages gains little from compression and pays a deflater per connection for it.
        webSockets.getExtensionRegistry().unregister("permessage-deflate");
        server.addBean(webSockets);
        var edge = new Edge(limits, stopping, sweeper, builder.gate, workers, builder.tracer);
        var dispatch = new Dispatch(builder.router, edge, occupancy, webSockets);
        return builder.services.isEmpty()
                ? dispatch
                : new Handler.Sequence(
                        new GrpcServices(builder.services, builder.openServices, builder.gate, limits, workers),
                        dispatch);
    }

    private ConnectionFactory[] factories(Builder builder) throws IOException {
        var config = new HttpConfiguration();
        config.setRequestHeaderSize(limits.maxHeader());
        config.setSendServerVersion(false);
        // "%25" in a path is safe for us, who decode each piece once (PathSegments), and a file may be called "100%".
        config.setUriCompliance(UriCompliance.DEFAULT.with("once", UriCompliance.Violation.AMBIGUOUS_PATH_ENCODING));
        // There is one certificate: whatever name the client used for us, it has checked it against that.
        config.addCustomizer(new SecureRequestCustomizer(false));
        config.addCustomizer((request, responseHeaders) -> builder.proxies.seen(request));
        var http1 = new Http1(config);
        http1.setInputBufferSize(Intake.SMALL);
        // Of its own, since it sets the size of buffers in it.
        var config2 = new HttpConfiguration(config);
        var h2c = limited(new ClearHttp2(config2, builder.upgrades));
        if (builder.chainFile == null || builder.keyFile == null) {
            return new ConnectionFactory[] {http1, h2c};
        }
        var context = new SslContextFactory.Server();
        context.setKeyStore(PemCertificate.load(builder.chainFile, builder.keyFile));
        context.setKeyStorePassword(PemCertificate.PASSWORD);
        if (builder.clientsFile != null) {
            context.setTrustStore(PemCertificate.authorities(builder.clientsFile));
            context.setWantClientAuth(true);
        }
        var alpn = new ALPNServerConnectionFactory("h2", "http/1.1");
        alpn.setDefaultProtocol(http1.getProtocol());
        var ssl = new SslConnectionFactory(context, alpn.getProtocol());
        // In this order: with TLS right after the detector, cleartext gets no answer.
        return new ConnectionFactory[] {
            new DetectorConnectionFactory(ssl),
            http1,
            h2c,
            ssl,
            alpn,
            limited(new HTTP2ServerConnectionFactory(config2))
        };
    }

    private <F extends AbstractHTTP2ServerConnectionFactory> F limited(F http2) {
        http2.setMaxConcurrentStreams(limits.maxStreams());
        http2.setStreamIdleTimeout(limits.idle().toMillis());
        // WebSocket has one way in, the HTTP/1 upgrade; browsers fall back to it by themselves.
        http2.setConnectProtocolEnabled(false);
        http2.setRateControlFactory(new WindowRateControl.Factory(RESETS_PER_STREAM * limits.maxStreams()));
        return http2;
    }

    /** A server in the making: 127.0.0.1, a free port, cleartext, default limits. */
    public static Builder builder(Router router) {
        return new Builder(router);
    }

    /**
     * Binds the port and begins to serve.
     *
     * @throws IOException if the port cannot be bound
     * @throws IllegalStateException if it was started before
     */
    public void start() throws IOException {
        if (!phase.compareAndSet(Phase.NEW, Phase.RUNNING)) {
            throw new IllegalStateException("A server is started once");
        }
        try {
            sweeper.start();
            server.start();
        } catch (Exception e) {
            stop(Duration.ZERO);
            throw e instanceof IOException io
                    ? io
                    : new IOException("The server could not start: " + e.getMessage(), e);
        }
        heart = Thread.ofVirtual().name("http-heart").start(this::beat);
    }

    /** The port that is bound. */
    public int port() {
        return connector.getLocalPort();
    }

    /** Where the server is, by its cleartext scheme; over TLS it is the same host and port. */
    public URI uri() {
        String host = connector.getHost().contains(":") ? "[" + connector.getHost() + "]" : connector.getHost();
        return URI.create("http://" + host + ":" + port());
    }

    /** Whether the port also speaks TLS. */
    public boolean tls() {
        return tls;
    }

    /** Requests and WebSocket connections that are open now. */
    public int open() {
        return occupancy.size();
    }

    /**
     * Stops: no new connection is accepted, open streams are told and end in good order (Server-Sent Events after a last
     * comment, WebSocket with 1001), other requests may finish until the drain is over; then whoever is left is cut off
     * and interrupted. Returns when all is closed; a second call returns at once.
     */
    public void stop(Duration drain) {
        if (phase.getAndSet(Phase.STOPPING) == Phase.STOPPING) {
            return;
        }
        // Closes the listening socket, and sends GOAWAY on HTTP/2.
        var closing = Graceful.shutdown(server);
        long start = System.nanoTime();
        stopping.fire();
        try {
            if (!occupancy.awaitEmpty(drain)) {
                log.info("The drain is over: cutting off {} that are still open", occupancy.size());
            }
            // The last response has been written, but its HTTP/2 connection may have goodbyes to say. Silent HTTP/1
            // connections would never be done, so there is an end to this.
            var left = drain.minusNanos(System.nanoTime() - start);
            closing.get(Math.clamp(left.toMillis(), 0, GOODBYE_MILLIS), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            log.debug("Not all connections said goodbye", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (heart != null) {
            heart.interrupt();
        }
        try {
            server.stop();
        } catch (Exception e) {
            log.warn("The server did not stop cleanly", e);
        }
        occupancy.evictAll();
        sweeper.close();
        workers.close();
    }

    private void beat() {
        try {
            while (true) {
                Thread.sleep(limits.heartbeat());
                occupancy.beat();
            }
        } catch (InterruptedException stopped) {
            log.debug("No more heartbeats");
        }
    }

    /** Settings of a server. */
    public static final class Builder {
        private final Router router;
        private final List<BindableService> services = new ArrayList<>();
        private final Set<String> openServices = new HashSet<>();
        private final List<Runnable> stopHooks = new ArrayList<>();
        private String host = "127.0.0.1";
        private int port;
        private HttpLimits limits = HttpLimits.defaults();
        private @Nullable Path chainFile;
        private @Nullable Path keyFile;
        private @Nullable Path clientsFile;
        private Gate gate = Gate.OPEN;
        private @Nullable RequestTracer tracer;
        private boolean upgrades;
        private Proxies proxies = Proxies.NONE;

        private Builder(Router router) {
            this.router = router;
        }

        /** The address to listen on. Default 127.0.0.1. */
        public Builder host(String address) {
            host = address;
            return this;
        }

        /** The port to listen on; 0, the default, takes a free one. */
        public Builder port(int number) {
            port = number;
            return this;
        }

        /** Speaks TLS too: a PEM certificate chain, the server's own first, and its unencrypted PKCS #8 key. */
        public Builder tls(Path chain, Path key) {
            chainFile = chain;
            keyFile = key;
            return this;
        }

        /**
         * Over TLS, asks clients for a certificate and believes those that one of these authorities has signed; a client
         * without one may come in all the same, for the {@link Gate} to judge.
         *
         * @param authorities PEM file with one certificate at least
         */
        public Builder clients(Path authorities) {
            clientsFile = authorities;
            return this;
        }

        /** What every request must pass. Default: {@link Gate#OPEN}. */
        public Builder gate(Gate that) {
            gate = that;
            return this;
        }

        /** What stands around the answers. Default: nothing. */
        public Builder tracer(@Nullable RequestTracer that) {
            tracer = that;
            return this;
        }

        /** Whom to believe what they say of the clients for whom they speak. Default: nobody. */
        public Builder proxies(Proxies those) {
            proxies = those;
            return this;
        }

        public Builder limits(HttpLimits those) {
            limits = those;
            return this;
        }

        /**
         * Also answers a cleartext HTTP/1.1 request that offers an upgrade to HTTP/2 by that upgrade. Default: in HTTP/1.1.
         * The client of JDK 25 breaks on some of the large answers to such a request: the bytes that came with the switch
         * and those behind them get out of order. Clients that begin with HTTP/2 do not need this.
         */
        public Builder upgradeToHttp2(boolean offered) {
            upgrades = offered;
            return this;
        }

        /**
         * Serves gRPC. A service's {@code onNext} queues without bound for a client that does not read: ask
         * {@code isReady} before each.
         */
        public Builder grpc(BindableService service) {
            services.add(service);
            return this;
        }

        /** Serves gRPC to everybody, as {@link Router#open} does with a path: for health checks. */
        public Builder openGrpc(BindableService service) {
            openServices.add(service.bindService().getServiceDescriptor().getName());
            return grpc(service);
        }

        /** Runs once when the server begins to stop, for whoever holds gRPC streams to complete them. Must not block. */
        public Builder onStopping(Runnable hook) {
            stopHooks.add(hook);
            return this;
        }

        /**
         * The server, not started.
         *
         * @throws IOException if the certificate or key cannot be read or used; the message says which and why
         */
        public HttpServer build() throws IOException {
            return new HttpServer(this);
        }
    }
}
