package dev.millrace.server.openai;

import dev.millrace.engine.Refused;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.MalformedJson;
import dev.millrace.server.http.Endpoint;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The one place where a refusal becomes {@code {"error":{…}}}. */
final class Errors {
    /** A full queue moves when a task is done, and a server that stops is back or replaced soon; guesses both. */
    private static final Map<String, String> SOON = Map.of("Retry-After", "2");

    private Errors() {}

    /** The endpoint, with OpenAI's errors for all that it refuses, and for what the gate refuses before it. */
    static Endpoint told(Endpoint endpoint) {
        return new Endpoint() {
            @Override
            public void handle(Exchange exchange) throws Exception {
                Refusal refusal;
                try {
                    endpoint.handle(exchange);
                    return;
                } catch (Refusal e) {
                    refusal = e;
                } catch (HttpProblem e) {
                    refusal = of(e);
                } catch (Refused e) {
                    refusal = of(e);
                } catch (StoreFailure e) {
                    refusal = new Refusal(
                            503, "unavailable", null, "The store can't be read; try again in a moment.", SOON);
                } catch (InvalidField e) {
                    refusal = new Refusal(400, "invalid_value", e.path(), String.valueOf(e.getMessage()), Map.of());
                } catch (MalformedJson e) {
                    refusal = new Refusal(
                            400, "malformed_json", null, "The body is not JSON: " + e.getMessage(), Map.of());
                }
                respond(exchange, refusal);
            }

            @Override
            public void refuse(Exchange exchange, HttpProblem refusal) throws IOException {
                respond(exchange, of(refusal));
            }
        };
    }

    private static void respond(Exchange exchange, Refusal refusal) throws IOException {
        refusal.headers().forEach(exchange::header);
        Json.respond(exchange, refusal.status(), body(refusal));
    }

    static ObjectNode body(Refusal refusal) {
        return body(type(refusal.status()), refusal.code(), refusal.param(), refusal.message());
    }

    static ObjectNode body(String type, String code, @Nullable String param, String message) {
        ObjectNode body = Json.object();
        body.putObject("error")
                .put("message", message)
                .put("type", type)
                .put("param", param)
                .put("code", code);
        return body;
    }

    private static String type(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 429 -> "rate_limit_error";
            default -> status < 500 ? "invalid_request_error" : "server_error";
        };
    }

    private static Refusal of(HttpProblem problem) {
        String code =
                problem.status() == 401 ? "invalid_api_key" : problem.slug().replace('-', '_');
        return new Refusal(problem.status(), code, null, problem.detail(), problem.headers());
    }

    // Not 409: these clients would try again what can't succeed.
    private static Refusal of(Refused refused) {
        String message = String.valueOf(refused.getMessage());
        return switch (refused.reason()) {
            case NO_AGENT -> new Refusal(404, "model_not_found", "model", message, Map.of());
            case NO_CONTEXT, NO_TASK, NO_MESSAGE -> new Refusal(404, "not_found", null, message, Map.of());
            case ARCHIVED, NOT_CANCELABLE, NOT_NOW -> new Refusal(400, "not_now", null, message, Map.of());
            case INVALID -> new Refusal(400, "invalid_value", null, message, Map.of());
            case WRONG_RESULTS -> new Refusal(400, "wrong_tool_results", "input", message, Map.of());
            case KEY_REUSED -> new Refusal(400, "idempotency_key_reused", null, message, Map.of());
            case QUEUE_FULL -> new Refusal(429, "queue_full", null, message, SOON);
            case UNAVAILABLE -> new Refusal(503, "unavailable", null, message, SOON);
        };
    }
}
