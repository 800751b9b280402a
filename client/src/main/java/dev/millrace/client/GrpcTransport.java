package dev.millrace.client;

import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.json.InvalidField;
import io.grpc.CallOptions;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A2A over gRPC (A2A v1.0, section 10). Loaded only where gRPC is used: its libraries may not be there. */
final class GrpcTransport implements Transport {
    /** As much as a whole answer may be over the other bindings. */
    private static final int LARGEST = JsonRpcReply.LARGEST;

    /** Servers of grpc-java and grpc-core hang up on who pings more often than this by default. */
    private static final Duration PING = Duration.ofMinutes(5);

    private final ManagedChannel channel;
    private final URI url;
    private final ClientSettings settings;

    /** @param url {@code http://host:port}, or https for TLS; {@code host:port} is what gRPC dials */
    GrpcTransport(URI url, ClientSettings settings) {
        this.url = url;
        this.settings = settings;
        boolean secure = "https".equalsIgnoreCase(url.getScheme());
        int port = url.getPort() >= 0 ? url.getPort() : secure ? 443 : 80;
        this.channel = Grpc.newChannelBuilder(
                        "dns:///" + url.getHost() + ":" + port,
                        secure ? credentials(settings) : InsecureChannelCredentials.create())
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .maxInboundMessageSize(LARGEST)
                .keepAliveTime(PING.toSeconds(), TimeUnit.SECONDS)
                .keepAliveTimeout(settings.idle().toMillis(), TimeUnit.MILLISECONDS)
                .build();
    }

    private static ChannelCredentials credentials(ClientSettings settings) {
        ClientTls tls = settings.tls();
        var credentials = TlsChannelCredentials.newBuilder();
        if (tls.trust() != null) {
            credentials.trustManager(tls.trust());
        }
        if (tls.identity() != null) {
            credentials.keyManager(tls.identity());
        }
        return credentials.build();
    }

    @Override
    public <Q, A> A call(Operation<Q, A> operation, Q request, CallHead head) throws IOException, InterruptedException {
        return call(GrpcMethod.of(operation), request, head);
    }

    private <Q, P, R, A> A call(GrpcMethod<Q, P, R, A> method, Q request, CallHead head)
            throws IOException, InterruptedException {
        try (GrpcExchange<R> exchange = start(
                method,
                request,
                CallOptions.DEFAULT.withDeadlineAfter(settings.request().toMillis(), TimeUnit.MILLISECONDS),
                metadata(head))) {
            R answer = exchange.next(null); // the call's deadline ends the wait
            if (answer == null) {
                throw new IOException("the server ended the call without an answer");
            }
            return read(method.from(), answer);
        }
    }

    @Override
    public <Q> Feed open(
            Operation<Q, StreamResponse> operation, Q request, CallHead head, @Nullable String lastEventId) {
        return open(GrpcMethod.of(operation), request, head, lastEventId);
    }

    private <Q, P, R> Feed open(
            GrpcMethod<Q, P, R, StreamResponse> method, Q request, CallHead head, @Nullable String lastEventId) {
        Metadata metadata = resumable(head, lastEventId);
        GrpcExchange<R> exchange = start(method, request, CallOptions.DEFAULT, metadata);
        return new Feed() {
            private boolean begun;

            @Override
            public @Nullable Item next() throws IOException, InterruptedException {
                // No heartbeats here: once it has begun, the channel's pings tell whether the server is alive.
                R message = exchange.next(begun ? null : settings.request());
                begun = true;
                return message == null ? null : EventIds.item(read(method.from(), message));
            }

            @Override
            public @Nullable Duration retry() {
                return null;
            }

            @Override
            public void release() {
                exchange.close(); // a call's end frees nothing that the channel would need
            }

            @Override
            public void close() {
                exchange.close();
            }
        };
    }

    private <Q, P, R, A> GrpcExchange<R> start(
            GrpcMethod<Q, P, R, A> method, Q request, CallOptions options, Metadata metadata) {
        channel.resetConnectBackoff(); // when to try again is decided above, for all bindings alike
        ClientCall<P, R> call = channel.newCall(method.method(), options);
        return GrpcExchange.start(call, method.to().apply(request), metadata);
    }

    private static Metadata metadata(CallHead head) {
        var metadata = new Metadata();
        head.headers().forEach((name, value) -> metadata.put(key(name), value));
        metadata.put(key("a2a-version"), Requests.VERSION);
        return metadata;
    }

    /** What lets a stream be resumed. */
    private static Metadata resumable(CallHead head, @Nullable String lastEventId) {
        Metadata metadata = metadata(head);
        // Only whoever declares the extension gets ids with the events. To a server without it, it says nothing.
        String declared = head.headers().get("A2A-Extensions");
        if (declared == null || !declared.contains(A2aClient.RESUMABLE)) {
            metadata.put(key("a2a-extensions"), A2aClient.RESUMABLE); // beside what is declared: it may come in lines
        }
        if (lastEventId != null && !lastEventId.isEmpty()) {
            metadata.put(key("last-event-id"), lastEventId);
        }
        return metadata;
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name.toLowerCase(Locale.ROOT), Metadata.ASCII_STRING_MARSHALLER);
    }

    private <R, A> A read(Function<R, A> from, R message) throws NotA2a {
        try {
            return from.apply(message);
        } catch (InvalidField e) {
            throw new NotA2a(url + " answered with what is not A2A v1.0: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
