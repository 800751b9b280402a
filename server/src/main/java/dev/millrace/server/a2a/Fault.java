package dev.millrace.server.a2a;

import dev.millrace.engine.Refused;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.protocol.error.A2aException;
import dev.millrace.protocol.error.BadRequest;
import dev.millrace.protocol.error.ErrorInfo;
import dev.millrace.protocol.error.ErrorTable;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.MalformedJson;
import dev.millrace.protocol.rpc.RpcError;
import dev.millrace.server.http.HttpProblem;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * What went wrong with a request, and what each binding makes of it (A2A v1.0, 5.4): the one place that knows.
 *
 * @param rpcCode in JSON-RPC
 * @param grpcStatus the name of the gRPC status, which is also the {@code status} of an AIP-193 error
 * @param httpStatus in HTTP+JSON
 * @param message for people; it goes to the client
 * @param info which error it is, for programs
 * @param badRequest which field was wrong, or null
 * @param retryAfter when the same request may succeed, or null if it will not
 */
record Fault(
        int rpcCode,
        String grpcStatus,
        int httpStatus,
        String message,
        ErrorInfo info,
        @Nullable BadRequest badRequest,
        @Nullable Duration retryAfter) {

    private static final Logger log = LoggerFactory.getLogger(Fault.class);

    /** Ours, of the codes that JSON-RPC (2.0, 5.1) leaves to servers: the same request may succeed later. */
    private static final int TRY_AGAIN = -32000;

    /** Whose errors they are that A2A has no name for. */
    private static final String DOMAIN = "millrace.dev";

    /** A queue moves on and a server comes back within moments; who asks sooner only adds to the load. */
    private static final Duration SOON = Duration.ofSeconds(1);

    /** What a failed request is to be told. What nobody foresaw goes to the log, under an id that the client gets. */
    static Fault of(Exception e, ErrorTable table) {
        return switch (e) {
            case A2aException error ->
                new Fault(
                        error.error().code(),
                        error.error().grpcStatus(table),
                        error.error().httpStatus(table),
                        message(e),
                        ErrorInfo.of(error.error(), error.metadata()),
                        null,
                        null);
            case InvalidField field ->
                new Fault(
                        RpcError.INVALID_PARAMS,
                        "INVALID_ARGUMENT",
                        400,
                        "Invalid parameters: " + message(e),
                        ours("INVALID_PARAMS"),
                        BadRequest.of(field.path(), field.problem()),
                        null);
            case MalformedJson malformed ->
                new Fault(
                        RpcError.PARSE_ERROR,
                        "INVALID_ARGUMENT",
                        400,
                        "The body is not valid JSON: " + message(malformed),
                        ours("PARSE_ERROR"),
                        null,
                        null);
            case Refused refused ->
                refused.reason() == Refused.Reason.QUEUE_FULL
                        ? tryAgain("RESOURCE_EXHAUSTED", 429, message(refused))
                        : tryAgain("UNAVAILABLE", 503, message(refused));
            case StoreFailure failure -> {
                log.error("reading failed", failure);
                yield tryAgain("UNAVAILABLE", 503, "the store can't be read; try again in a moment");
            }
            case HttpProblem problem -> ofHttp(problem);
            default -> {
                String id = UUID.randomUUID().toString();
                log.error("an A2A call failed (error {})", id, e);
                yield new Fault(
                        RpcError.INTERNAL_ERROR,
                        "INTERNAL",
                        500,
                        "the server failed; this is not your fault. Its log knows more under " + id,
                        ours("INTERNAL"),
                        null,
                        null);
            }
        };
    }

    private static Fault tryAgain(String status, int httpStatus, String message) {
        return new Fault(TRY_AGAIN, status, httpStatus, message, ours(status), null, SOON);
    }

    /** What the edge, or the caller's identity, has against the request. */
    private static Fault ofHttp(HttpProblem problem) {
        String status =
                switch (problem.status()) {
                    case 401 -> "UNAUTHENTICATED";
                    case 403 -> "PERMISSION_DENIED";
                    case 404 -> "NOT_FOUND";
                    case 408 -> "DEADLINE_EXCEEDED";
                    case 413, 429 -> "RESOURCE_EXHAUSTED";
                    case 503 -> "UNAVAILABLE";
                    default -> problem.status() < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
                };
        String reason = problem.slug().toUpperCase(java.util.Locale.ROOT).replace('-', '_');
        String retryAfter = problem.headers().get("Retry-After");
        return new Fault(
                RpcError.INVALID_REQUEST,
                status,
                problem.status(),
                problem.detail(),
                ours(reason),
                null,
                retryAfter == null ? null : Duration.ofSeconds(Long.parseLong(retryAfter)));
    }

    private static ErrorInfo ours(String reason) {
        return new ErrorInfo(reason, DOMAIN, Map.of());
    }

    private static String message(Exception e) {
        return String.valueOf(e.getMessage());
    }

    /** In JSON-RPC, {@code data} is an array of what programs may want to know (9.5). */
    RpcError rpc() {
        if (rpcCode == RpcError.INTERNAL_ERROR) {
            return RpcError.internal(message);
        }
        ArrayNode data = JsonNodeFactory.instance.arrayNode();
        data.add(badRequest == null ? info.json() : badRequest.json());
        return new RpcError(rpcCode, message, data);
    }
}
