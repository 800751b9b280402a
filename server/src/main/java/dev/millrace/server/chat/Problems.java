package dev.millrace.server.chat;

import dev.millrace.engine.Refused;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.MalformedJson;
import dev.millrace.server.http.Endpoint;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.WebSocketEndpoint;

/** The one place where what the engine or a parser refuses becomes what the caller is told. */
final class Problems {
    /** A chat whose queue is full works on its messages; a guess at when one of them is done. */
    private static final String QUEUE_RETRY_SECONDS = "5";

    /** A server that stops is back, or replaced, soon; a guess too. */
    private static final String STOPPING_RETRY_SECONDS = "2";

    private Problems() {}

    static Endpoint told(Endpoint endpoint) {
        return exchange -> {
            try {
                endpoint.handle(exchange);
            } catch (Refused e) {
                throw of(e);
            } catch (StoreFailure e) {
                throw of(unreadable());
            } catch (InvalidField e) {
                throw of(e);
            } catch (MalformedJson e) {
                throw of(e);
            }
        };
    }

    static WebSocketEndpoint toldBeforeUpgrade(WebSocketEndpoint endpoint) {
        return exchange -> {
            try {
                return endpoint.upgrade(exchange);
            } catch (Refused e) {
                throw of(e);
            } catch (StoreFailure e) {
                throw of(unreadable());
            }
        };
    }

    /** A journal that is not in memory asks the store itself, which may be out of reach just now. */
    private static Refused unreadable() {
        return new Refused(Refused.Reason.UNAVAILABLE, "the store can't be read; try again in a moment");
    }

    static HttpProblem of(Refused refused) {
        String detail = sentence(refused);
        return switch (refused.reason()) {
            case NO_CONTEXT -> new HttpProblem(404, "no-such-chat", "There is no such chat", detail);
            case NO_TASK -> new HttpProblem(404, "no-such-task", "There is no such task", detail);
            case NO_MESSAGE -> new HttpProblem(404, "no-such-message", "There is no such message", detail);
            case ARCHIVED -> new HttpProblem(409, "archived", "The chat is archived", detail);
            case NO_AGENT ->
                new HttpProblem(400, "no-such-agent", "There is no such agent", detail).with("field", "agent");
            case NOT_CANCELABLE, NOT_NOW ->
                new HttpProblem(409, "not-now", "The state of the task or chat does not allow it", detail);
            case INVALID -> new HttpProblem(400, "bad-request", "The request is not valid", detail);
            case KEY_REUSED ->
                new HttpProblem(
                        422, "idempotency-key-reused", "The idempotency key belongs to another request", detail);
            case WRONG_RESULTS ->
                new HttpProblem(422, "wrong-tool-results", "The results are not those of the open tool calls", detail);
            case QUEUE_FULL ->
                new HttpProblem(429, "queue-full", "The chat's queue is full", detail)
                        .header("Retry-After", QUEUE_RETRY_SECONDS);
            case UNAVAILABLE ->
                new HttpProblem(503, "unavailable", "The server can't do this now", detail)
                        .header("Retry-After", STOPPING_RETRY_SECONDS);
        };
    }

    static HttpProblem of(InvalidField invalid) {
        return new HttpProblem(400, "invalid-field", "A field is not valid", sentence(invalid))
                .with("field", invalid.path());
    }

    static HttpProblem of(MalformedJson malformed) {
        var problem = new HttpProblem(400, "malformed-json", "The request body is not JSON", sentence(malformed));
        return malformed.line() == 0
                ? problem
                : problem.with("line", malformed.line()).with("column", malformed.column());
    }

    static HttpProblem parameter(String name, String problem) {
        return new HttpProblem(400, "invalid-parameter", "A parameter is not valid", name + ": " + problem + ".")
                .with("parameter", name);
    }

    private static String sentence(RuntimeException e) {
        String message = String.valueOf(e.getMessage());
        return message.endsWith(".") ? message : message + ".";
    }
}
