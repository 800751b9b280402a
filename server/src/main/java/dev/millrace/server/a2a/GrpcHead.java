package dev.millrace.server.a2a;

import dev.millrace.server.http.Gate;
import dev.millrace.server.http.GrpcGuest;
import dev.millrace.server.http.RequestHead;
import io.grpc.Context;
import io.grpc.ForwardingServerCall;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.SecurityLevel;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The metadata of a gRPC call: what headers are in HTTP. Each call finds its own in its context. */
final class GrpcHead implements RequestHead {
    private static final Context.Key<GrpcHead> KEY = Context.key("millrace-head");

    private final Metadata metadata;
    private final @Nullable SocketAddress remote;

    /** What the response's headers shall say of the extensions; set by the call before it answers. */
    private volatile String extensions = "";

    private final @Nullable String authority;
    private final boolean secure;

    private GrpcHead(Metadata metadata, @Nullable SocketAddress remote, @Nullable String authority, boolean secure) {
        this.authority = authority;
        this.secure = secure;
        this.metadata = metadata;
        this.remote = remote;
    }

    /** The head of the call that runs here. */
    static GrpcHead current() {
        GrpcHead head = KEY.get();
        if (head == null) {
            throw new IllegalStateException("this is no call that came through the interceptor");
        }
        return head;
    }

    static ServerInterceptor interceptor() {
        return new ServerInterceptor() {
            @Override
            public <Q, A> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, A> call, Metadata metadata, ServerCallHandler<Q, A> next) {
                var head = new GrpcHead(
                        metadata,
                        call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR),
                        call.getAuthority(),
                        call.getSecurityLevel() == SecurityLevel.PRIVACY_AND_INTEGRITY);
                var answering = new ForwardingServerCall.SimpleForwardingServerCall<Q, A>(call) {
                    @Override
                    public void sendHeaders(Metadata headers) {
                        head.answer(headers);
                        super.sendHeaders(headers);
                    }
                };
                return io.grpc.Contexts.interceptCall(
                        Context.current().withValue(KEY, head), answering, metadata, next);
            }
        };
    }

    private void answer(Metadata headers) {
        headers.put(key(ProtocolVersion.HEADER), ProtocolVersion.OURS);
        if (!extensions.isEmpty()) {
            headers.put(key(Extensions.HEADER), extensions);
        }
    }

    /** Whom the client believes that it calls. */
    Optional<String> authority() {
        return Optional.ofNullable(authority);
    }

    /** Whether the connection is encrypted. */
    boolean secure() {
        return secure;
    }

    void active(String those) {
        extensions = those;
    }

    @Override
    public Optional<String> header(String name) {
        Iterable<String> all = metadata.getAll(key(name));
        return all == null ? Optional.empty() : Optional.of(all.iterator().next());
    }

    /** All values of a header, as sent. */
    List<String> headers(String name) {
        var values = new ArrayList<String>();
        Iterable<String> all = metadata.getAll(key(name));
        if (all != null) {
            all.forEach(values::add);
        }
        return values;
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER); // which makes it lower-case
    }

    @Override
    public String guest() {
        return header(GrpcGuest.HEADER).map(GrpcGuest::read).orElse(Gate.EVERYBODY);
    }

    @Override
    public String remoteAddress() {
        return remote instanceof InetSocketAddress address
                ? address.getAddress().getHostAddress()
                : "";
    }
}
