package dev.millrace.server.a2a;

import dev.millrace.engine.Span;
import dev.millrace.engine.Spans;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Optional;
import org.slf4j.MDC;

/** Records each call from its metadata to its status, as a part of the trace that its client works for. */
record GrpcTrace(Spans spans) implements ServerInterceptor {
    private static final Context.Key<Span> SPAN = Context.keyWithDefault("millrace-span", Span.NONE);

    /** Works for the call that runs here: in its span, and under its id in logs. */
    static <R, X extends Throwable> R within(ScopedValue.CallableOp<R, X> work) throws X {
        String id = GrpcHead.current().header("X-Request-Id").orElse("");
        try (var _ = MDC.putCloseable("request", id)) {
            return SPAN.get().<R, X>within(work);
        }
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata metadata, ServerCallHandler<Q, A> next) {
        if (spans == Spans.NONE) {
            return next.startCall(call, metadata);
        }
        String method = call.getMethodDescriptor().getFullMethodName();
        Span span = spans.begin(Span.Kind.SERVER, method, name -> header(metadata, name))
                .note("rpc.system", "grpc")
                .note("rpc.method", method);
        var answering = new SimpleForwardingServerCall<Q, A>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
                span.note("rpc.grpc.status_code", status.getCode().value());
                switch (status.getCode()) {
                    // The server's fault, of those that there are (OpenTelemetry's conventions for gRPC spans).
                    case UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS ->
                        span.failed(status.getCode().name());
                    default -> {}
                }
                super.close(status, trailers);
            }
        };
        return new SimpleForwardingServerCallListener<>(
                Contexts.interceptCall(Context.current().withValue(SPAN, span), answering, metadata, next)) {
            @Override
            public void onComplete() {
                span.close();
                super.onComplete();
            }

            @Override
            public void onCancel() {
                span.close();
                super.onCancel();
            }
        };
    }

    private static Optional<String> header(Metadata metadata, String name) {
        return Optional.ofNullable(metadata.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER)));
    }
}
