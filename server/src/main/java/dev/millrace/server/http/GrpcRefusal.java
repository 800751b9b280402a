package dev.millrace.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.Status.Code;
import java.net.URLEncoder;
import java.util.Base64;
import java.util.Locale;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Tells a gRPC client that its call was refused before it reached a service: a response of trailers only. */
final class GrpcRefusal {
    private GrpcRefusal() {}

    static void send(HttpProblem refusal, Response response, Callback callback) {
        Code code = code(refusal.status());
        response.setStatus(200);
        response.getHeaders()
                .put(HttpHeader.CONTENT_TYPE, "application/grpc")
                .put("grpc-status", Integer.toString(code.value()))
                // Percent-encoded, as the protocol has it; a space as %20.
                .put("grpc-message", URLEncoder.encode(refusal.detail(), UTF_8).replace("+", "%20"))
                .put(
                        "grpc-status-details-bin",
                        Base64.getEncoder().withoutPadding().encodeToString(details(refusal, code)));
        refusal.headers().forEach((name, value) -> response.getHeaders().put(name, value));
        response.write(true, null, callback);
    }

    private static byte[] details(HttpProblem refusal, Code code) {
        var status = Status.newBuilder()
                .setCode(code.value())
                .setMessage(refusal.detail())
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setReason(refusal.slug().toUpperCase(Locale.ROOT).replace('-', '_'))
                        .setDomain("millrace.dev")
                        .build()));
        String retryAfter = refusal.headers().get("Retry-After");
        if (retryAfter != null) {
            status.addDetails(Any.pack(RetryInfo.newBuilder()
                    .setRetryDelay(Duration.newBuilder().setSeconds(Long.parseLong(retryAfter)))
                    .build()));
        }
        return status.build().toByteArray();
    }

    private static Code code(int status) {
        return switch (status) {
            case 401 -> Code.UNAUTHENTICATED;
            case 403, 421 -> Code.PERMISSION_DENIED;
            case 429 -> Code.RESOURCE_EXHAUSTED;
            case 503 -> Code.UNAVAILABLE;
            default -> status < 500 ? Code.INVALID_ARGUMENT : Code.INTERNAL;
        };
    }
}
