package dev.millrace.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.RetryInfo;
import dev.millrace.protocol.error.BadRequest;
import dev.millrace.protocol.error.ErrorInfo;
import dev.millrace.protocol.rpc.RpcError;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** How a gRPC call ended that did not end well: refused, which is thrown, or lost, which is given. */
final class GrpcRefusal {
    private GrpcRefusal() {}

    /**
     * What to throw for a call that was lost.
     *
     * @throws A2aException if the server refused it
     */
    static IOException of(Status status, Metadata trailers) {
        String said = status.getDescription() == null ? status.getCode().name() : status.getDescription();
        for (Throwable cause = status.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException refused) {
                return refused;
            }
            if (cause instanceof java.net.UnknownHostException unknown) {
                var unreachable = new ConnectException("unknown host: " + unknown.getMessage());
                unreachable.initCause(unknown);
                return unreachable;
            }
        }
        boolean local = status.getCause() != null; // a server's own status brings words, never a Java exception
        return switch (status.getCode()) {
            case DEADLINE_EXCEEDED -> new HttpTimeoutException(said);
            case UNAVAILABLE, CANCELLED, INTERNAL, UNKNOWN -> {
                boolean details = trailers.containsKey(
                        Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER));
                if (local || (!details && status.getCode() == Status.Code.CANCELLED) || isLoss(said, details)) {
                    yield new IOException(said, status.getCause());
                }
                throw refusal(status, trailers, said);
            }
            default -> throw refusal(status, trailers, said);
        };
    }

    /** The client library's own words for a connection that broke under a call. */
    private static boolean isLoss(String said, boolean details) {
        return !details
                && (said.contains("Rst Stream")
                        || said.contains("RST_STREAM")
                        || said.contains("Connection closed")
                        || said.contains("End of stream")
                        || said.contains("Network closed")
                        || said.contains("GOAWAY")
                        || said.contains("shutdown"));
    }

    private static A2aException refusal(Status status, Metadata trailers, String said) {
        com.google.rpc.Status told = StatusProto.fromStatusAndTrailers(status, trailers);
        ArrayNode details = JsonNodeFactory.instance.arrayNode();
        Duration retryAfter = null;
        for (Any detail : told.getDetailsList()) {
            try {
                if (detail.is(com.google.rpc.ErrorInfo.class)) {
                    var info = detail.unpack(com.google.rpc.ErrorInfo.class);
                    details.add(new ErrorInfo(info.getReason(), info.getDomain(), info.getMetadataMap()).json());
                } else if (detail.is(com.google.rpc.BadRequest.class)) {
                    var wrong = detail.unpack(com.google.rpc.BadRequest.class);
                    details.add(new BadRequest(wrong.getFieldViolationsList().stream()
                                    .map(field ->
                                            new BadRequest.FieldViolation(field.getField(), field.getDescription()))
                                    .toList())
                            .json());
                } else if (detail.is(RetryInfo.class)) {
                    retryAfter = Duration.ofSeconds(
                            detail.unpack(RetryInfo.class).getRetryDelay().getSeconds());
                }
            } catch (InvalidProtocolBufferException e) {
                // what the server meant to add can't be read; its status can
            }
        }
        if (details.isEmpty()) {
            int plain = plain(status.getCode());
            return new A2aException(plain, null, said, null, retryAfter);
        }
        return Refusals.of(http(status.getCode()), said, details, retryAfter);
    }

    /** The code of a status without details: who sends it is no A2A server, or one of another school. */
    private static int plain(Status.Code code) {
        return switch (code) {
            case INVALID_ARGUMENT -> RpcError.INVALID_PARAMS;
            case UNIMPLEMENTED -> RpcError.METHOD_NOT_FOUND;
            case INTERNAL, UNKNOWN -> RpcError.INTERNAL_ERROR;
            default -> http(code);
        };
    }

    /** The HTTP status that a gRPC status stands for (google/rpc/code.proto). */
    private static int http(Status.Code code) {
        return switch (code) {
            case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE -> 400;
            case UNAUTHENTICATED -> 401;
            case PERMISSION_DENIED -> 403;
            case NOT_FOUND -> 404;
            case ABORTED, ALREADY_EXISTS -> 409;
            case RESOURCE_EXHAUSTED -> 429;
            case UNIMPLEMENTED -> 501;
            case UNAVAILABLE -> 503;
            case DEADLINE_EXCEEDED -> 504;
            case OK, CANCELLED, UNKNOWN, INTERNAL, DATA_LOSS -> 500;
        };
    }
}
