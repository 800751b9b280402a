package dev.millrace.server.a2a;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;

/** A fault as gRPC tells it: a status with its details in the trailers (A2A v1.0, 10.6). */
final class GrpcFault {
    private GrpcFault() {}

    static StatusRuntimeException of(Fault fault) {
        var status = Status.newBuilder()
                .setCode(Code.valueOf(fault.grpcStatus()).value())
                .setMessage(fault.message())
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setReason(fault.info().reason())
                        .setDomain(fault.info().domain())
                        .putAllMetadata(fault.info().metadata())
                        .build()));
        if (fault.badRequest() != null) {
            var badRequest = BadRequest.newBuilder();
            fault.badRequest()
                    .fieldViolations()
                    .forEach(violation -> badRequest
                            .addFieldViolationsBuilder()
                            .setField(violation.field())
                            .setDescription(violation.description()));
            status.addDetails(Any.pack(badRequest.build()));
        }
        if (fault.retryAfter() != null) {
            status.addDetails(Any.pack(RetryInfo.newBuilder()
                    .setRetryDelay(
                            Duration.newBuilder().setSeconds(fault.retryAfter().toSeconds()))
                    .build()));
        }
        return StatusProto.toStatusRuntimeException(status.build());
    }
}
