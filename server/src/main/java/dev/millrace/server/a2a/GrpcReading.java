package dev.millrace.server.a2a;

import static java.util.Objects.requireNonNull;

import dev.millrace.protocol.error.ErrorTable;
import dev.millrace.protocol.json.InvalidField;
import io.grpc.ForwardingServerCallListener;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Refuses requests that are no messages as what they are, the client's fault. By itself, gRPC calls them UNKNOWN and logs a
 * stack trace for each, so that anybody could fill the log.
 */
final class GrpcReading {
    private GrpcReading() {}

    /** The same service, whose calls are closed with INVALID_ARGUMENT when their request can't be read. */
    static ServerServiceDefinition tolerant(ServerServiceDefinition service, ErrorTable errors) {
        ServiceDescriptor before = service.getServiceDescriptor();
        var descriptor =
                ServiceDescriptor.newBuilder(before.getName()).setSchemaDescriptor(before.getSchemaDescriptor());
        var methods = service.getMethods().stream()
                .<ServerMethodDefinition<?, ?>>map(method -> tolerant(method, errors))
                .toList();
        methods.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
        var after = ServerServiceDefinition.builder(descriptor.build());
        methods.forEach(after::addMethod);
        return after.build();
    }

    private static <Q, A> ServerMethodDefinition<Q, A> tolerant(
            ServerMethodDefinition<Q, A> method, ErrorTable errors) {
        MethodDescriptor<Q, A> descriptor = method.getMethodDescriptor();
        return ServerMethodDefinition.create(
                descriptor.toBuilder(
                                new NullIfUnreadable<>(descriptor.getRequestMarshaller()),
                                descriptor.getResponseMarshaller())
                        .build(),
                refusing(method.getServerCallHandler(), errors));
    }

    /** A marshaller may not refuse, so it gives nothing, and whoever gets that refuses. */
    private record NullIfUnreadable<Q>(MethodDescriptor.Marshaller<Q> marshaller)
            implements MethodDescriptor.Marshaller<Q> {
        @Override
        public InputStream stream(Q value) {
            return marshaller.stream(value);
        }

        @Override
        @SuppressWarnings("NullAway") // see above
        public Q parse(InputStream stream) {
            try {
                return marshaller.parse(stream);
            } catch (StatusRuntimeException unreadable) {
                return null;
            }
        }
    }

    private static <Q, A> ServerCallHandler<Q, A> refusing(ServerCallHandler<Q, A> handler, ErrorTable errors) {
        return (call, metadata) -> new ForwardingServerCallListener<>() {
            private final ServerCall.Listener<Q> listener = handler.startCall(call, metadata);
            private boolean refused;

            @Override
            protected ServerCall.Listener<Q> delegate() {
                return listener;
            }

            @Override
            public void onMessage(@Nullable Q message) {
                if (message != null) {
                    super.onMessage(message);
                    return;
                }
                refused = true;
                var unreadable = new InvalidField("request", "is no message of protocol buffers");
                StatusRuntimeException refusal = GrpcFault.of(Fault.of(unreadable, errors));
                call.close(refusal.getStatus(), requireNonNull(refusal.getTrailers(), "details"));
            }

            @Override
            public void onHalfClose() {
                if (!refused) {
                    super.onHalfClose();
                }
            }
        };
    }
}
