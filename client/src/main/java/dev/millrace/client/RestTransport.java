package dev.millrace.client;

import dev.millrace.client.sse.SseReader;
import dev.millrace.client.sse.SseStream;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.protocol.json.MalformedJson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** A2A over HTTP+JSON (A2A v1.0, section 11): one route for each operation, see {@link RestRoute}. */
final class RestTransport implements Transport {
    private static final String JSON = "application/a2a+json, application/json";

    private final HttpClient http;
    private final URI url;
    private final ClientSettings settings;

    RestTransport(HttpClient http, URI url, ClientSettings settings) {
        this.http = http;
        this.url = url;
        this.settings = settings;
    }

    @Override
    public <Q, A> A call(Operation<Q, A> operation, Q request, CallHead head) throws IOException, InterruptedException {
        HttpRequest sent = request(operation, request, head, JSON, null);
        try (SseStream exchange = SseStream.open(http, sent, settings.idle(), SseReader.DEFAULT_LIMIT)) {
            return whole(exchange, operation);
        }
    }

    @Override
    public <Q> Feed open(
            Operation<Q, StreamResponse> operation, Q request, CallHead head, @Nullable String lastEventId) {
        HttpRequest sent = request(operation, request, head, "text/event-stream, " + JSON, lastEventId);
        var exchange = SseStream.open(http, sent, settings.idle(), SseReader.DEFAULT_LIMIT);
        return new SseFeed(exchange, new SseFeed.Wrapping() {
            @Override
            public StreamResponse event(byte[] data) throws IOException {
                JsonNode json = parse(data);
                refuse(500, json, null); // what goes wrong after the head comes as a frame
                return read(operation, json);
            }

            @Override
            public StreamResponse whole(SseStream answer) throws IOException, InterruptedException {
                return RestTransport.this.whole(answer, operation);
            }
        });
    }

    @Override
    public void close() {
        http.shutdownNow();
    }

    private <Q> HttpRequest request(
            Operation<Q, ?> operation, Q request, CallHead head, String accept, @Nullable String lastEventId) {
        RestRoute route = RestRoute.of(operation);
        ObjectNode json = operation.request().tree(request);
        URI target = route.take(url, json);
        HttpRequest.Builder sent = Requests.to(target, head, settings, accept, lastEventId);
        if (!route.hasBody()) {
            return sent.method(route.verb(), BodyPublishers.noBody()).build();
        }
        // application/json, since servers of v1.0.0 take nothing else, and those of v1.0.1 take it too.
        return sent.setHeader("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json.toString()))
                .build();
    }

    private <A> A whole(SseStream exchange, Operation<?, A> operation) throws IOException, InterruptedException {
        int status = exchange.status();
        byte[] body = exchange.body(JsonRpcReply.LARGEST);
        if (status / 100 == 2) {
            // What answers with nothing may leave its body out altogether.
            return read(operation, body.length == 0 ? JsonNodeFactory.instance.nullNode() : parse(body));
        }
        JsonNode json = null;
        try {
            json = JsonText.parse(body);
        } catch (MalformedJson e) {
            // then the status says all there is
        }
        if (json != null) {
            refuse(status, json, Refusals.retryAfter(exchange));
        }
        throw Refusals.http(exchange, url, status, body, json);
    }

    /** Throws the error that this is, in the form of AIP-193, if it is one. */
    private static void refuse(int status, JsonNode json, @Nullable Duration retryAfter) {
        JsonNode error = json.get("error");
        if (error != null && error.isObject()) {
            throw Refusals.of(
                    error.path("code").asInt(status),
                    error.path("message").asString("the server gave no reason"),
                    error.get("details"),
                    retryAfter);
        }
    }

    private JsonNode parse(byte[] body) throws NotA2a {
        try {
            return JsonText.parse(body);
        } catch (MalformedJson e) {
            throw new NotA2a(url + " answered with something that is not JSON: " + Refusals.quote(body), e);
        }
    }

    private <A> A read(Operation<?, A> operation, JsonNode json) throws NotA2a {
        try {
            return operation.response().read(json, "");
        } catch (InvalidField e) {
            throw new NotA2a(url + " answered with what is not A2A v1.0: " + e.getMessage(), e);
        }
    }
}
