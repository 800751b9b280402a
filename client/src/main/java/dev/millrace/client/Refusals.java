package dev.millrace.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.client.sse.SseStream;
import dev.millrace.protocol.error.A2aError;
import dev.millrace.protocol.error.BadRequest;
import dev.millrace.protocol.error.ErrorInfo;
import dev.millrace.protocol.rpc.RpcError;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The errors of servers, which each binding tells in its own way, as the one exception that a caller sees. */
final class Refusals {
    /** More of an answer that is no JSON than this tells nobody more. */
    private static final int QUOTE = 200;

    private Refusals() {}

    /**
     * An error whose code is a status, of HTTP or of gRPC in HTTP's numbers; its details say which of A2A's errors it is.
     *
     * @param details the array of {@code google.rpc} objects with {@code @type}; null if there is none
     */
    static A2aException of(int status, String message, @Nullable JsonNode details, @Nullable Duration retryAfter) {
        String reason = reason(details);
        return new A2aException(code(status, reason, details), reason, message, details, retryAfter);
    }

    private static int code(int status, @Nullable String reason, @Nullable JsonNode details) {
        if (reason != null) {
            var known = A2aError.ofReason(reason);
            if (known.isPresent()) {
                return known.get().code();
            }
            switch (reason) {
                case "PARSE_ERROR" -> {
                    return RpcError.PARSE_ERROR;
                }
                case "INVALID_PARAMS" -> {
                    return RpcError.INVALID_PARAMS;
                }
                default -> {
                    // not a word that means an error of its own
                }
            }
        }
        if (status == 400 && find(details, BadRequest.TYPE) != null) {
            return RpcError.INVALID_PARAMS;
        }
        return status == 500 ? RpcError.INTERNAL_ERROR : status;
    }

    static @Nullable String reason(@Nullable JsonNode details) {
        JsonNode info = find(details, ErrorInfo.TYPE);
        return info == null ? null : info.path("reason").asString(null);
    }

    private static @Nullable JsonNode find(@Nullable JsonNode details, String type) {
        String name = type.substring(type.indexOf('/') + 1);
        if (details != null) {
            for (JsonNode detail : details) {
                if (detail.path("@type").asString("").endsWith(name)) {
                    return detail;
                }
            }
        }
        return null;
    }

    /** An HTTP status that came without an error of A2A. */
    static A2aException http(SseStream exchange, URI url, int status, byte[] body, @Nullable JsonNode json)
            throws IOException, InterruptedException {
        String said = json == null
                ? quote(body)
                : json.path("detail").asString(json.path("title").asString(quote(body)));
        String message =
                switch (status) {
                    case 401 -> url + " wants credentials that it accepts (401)";
                    case 403 -> url + " does not allow this (403)";
                    case 404, 405 -> "there is no A2A agent at " + url + " (" + status + ")";
                    case 301, 302, 303, 307, 308 ->
                        url + " has moved to "
                                + exchange.headers().firstValue("location").orElse("another place")
                                + ": use that URL";
                    default -> url + " answered with HTTP status " + status;
                };
        return new A2aException(
                status, null, said.isEmpty() ? message : message + ": " + said, null, retryAfter(exchange));
    }

    /** {@code Retry-After} in seconds; null if there is none, or if it is a date. */
    static @Nullable Duration retryAfter(SseStream exchange) throws IOException, InterruptedException {
        return exchange.headers()
                .firstValue("retry-after")
                .map(String::strip)
                .filter(text -> text.matches("[0-9]{1,9}"))
                .map(text -> Duration.ofSeconds(Long.parseLong(text)))
                .orElse(null);
    }

    static String quote(byte[] body) {
        String text =
                new String(body, 0, Math.min(body.length, QUOTE), UTF_8).strip().replaceAll("\\s+", " ");
        return body.length > QUOTE ? text + "…" : text;
    }
}
