package dev.millrace.server.a2a;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import dev.millrace.protocol.error.BadRequest.FieldViolation;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;

/**
 * A fault as gRPC tells it: a status with its details in the trailers (A2A v1.0, 10.6).
 *
 * <p>Clients take 8 KiB of trailers, and a status that is larger would reach them as a stream that was cut. What quotes the
 * request is as long as who sent it likes, so texts are cut where there is no more room. Nor does a trailer reach them that begins
 * or ends with a space (RFC 9113, 8.2.1).
 */
final class GrpcFault {
    /** Bytes of the message, which is told twice: each may become three, and is among the details in Base64 as well. */
    private static final int MESSAGE = 1000;

    /** Bytes of all other texts together. */
    private static final int DETAILS = 1500;

    private static final String CUT = "…";

    private final Fault fault;
    private int room = DETAILS;

    private GrpcFault(Fault fault) {
        this.fault = fault;
    }

    static StatusRuntimeException of(Fault fault) {
        return StatusProto.toStatusRuntimeException(new GrpcFault(fault).status());
    }

    private Status status() {
        var status = Status.newBuilder()
                .setCode(Code.valueOf(fault.grpcStatus()).value())
                .setMessage(cut(fault.message().strip(), MESSAGE))
                .addDetails(Any.pack(info()));
        if (fault.badRequest() != null) {
            var badRequest = BadRequest.newBuilder();
            for (FieldViolation violation : fault.badRequest().fieldViolations()) {
                if (room > 0) {
                    badRequest
                            .addFieldViolationsBuilder()
                            .setField(fitting(violation.field()))
                            .setDescription(fitting(violation.description()));
                }
            }
            status.addDetails(Any.pack(badRequest.build()));
        }
        if (fault.retryAfter() != null) {
            status.addDetails(Any.pack(RetryInfo.newBuilder()
                    .setRetryDelay(
                            Duration.newBuilder().setSeconds(fault.retryAfter().toSeconds()))
                    .build()));
        }
        return status.build();
    }

    private ErrorInfo info() {
        var info = ErrorInfo.newBuilder()
                .setReason(fault.info().reason())
                .setDomain(fault.info().domain());
        new TreeMap<>(fault.info().metadata()).forEach((key, value) -> {
            if (room > 0) {
                info.putMetadata(fitting(key), fitting(value));
            }
        });
        return info.build();
    }

    /** Half of what room there is, at most, so that others find some, too. */
    private String fitting(String text) {
        String cut = cut(text, room / 2);
        room -= cut.getBytes(StandardCharsets.UTF_8).length + 1;
        return cut;
    }

    private static String cut(String text, int bytes) {
        var fitting = ByteBuffer.allocate(Math.max(0, bytes));
        var rest = CharBuffer.wrap(text);
        var result = StandardCharsets.UTF_8
                .newEncoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .encode(rest, fitting, true);
        return result.isOverflow() ? text.substring(0, rest.position()) + CUT : text;
    }
}
