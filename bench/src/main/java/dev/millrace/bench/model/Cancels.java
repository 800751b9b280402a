package dev.millrace.bench.model;

import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.Samples;
import dev.millrace.bench.decisions.TokenServer;
import dev.millrace.client.sse.SseStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.json.JsonMapper;

/**
 * How soon after a cancel the provider sees its connection close, while it has not said a word: the time from the user's
 * request, before it is sent, until the end of the stream at the provider.
 */
final class Cancels {
    private static final String TABLE = "model: a cancel before the first token";
    private static final int TIMES = 100;
    private static final double MOST_MILLIS = 100;

    private final Client client;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    Cancels(Client client) {
        this.client = client;
    }

    /** A way to cancel: asks for an answer, and gives what cancels it. */
    private interface Way {
        Cancel begin(Place place) throws Exception;
    }

    private interface Cancel {
        void run() throws Exception;
    }

    void measure(Plan plan, Report report, List<Place> servers) throws Exception {
        for (Place place : servers) {
            measure(plan, report, place, "the client of a completion leaves", this::leaving);
            measure(plan, report, place, "a chat is interrupted", this::interrupting);
        }
        report.print(TABLE);
        http.shutdownNow();
    }

    private void measure(Plan plan, Report report, Place place, String scenario, Way way) throws Exception {
        for (int i = 0; i < plan.times(TIMES); i++) {
            once(place, way); // warm
        }
        var closed = new Samples();
        for (int i = 0; i < plan.times(TIMES); i++) {
            closed.add((double) once(place, way));
        }
        report.add(
                TABLE,
                Row.of(scenario, place.variant())
                        .number("connection closed ms", closed.median() / 1e6)
                        .number("p95", closed.quantile(0.95) / 1e6)
                        .number("p99", closed.p99() / 1e6)
                        .target("p95 ≤ 100 ms", closed.quantile(0.95) / 1e6 <= MOST_MILLIS));
    }

    private static long once(Place place, Way way) throws Exception {
        TokenServer provider = place.provider();
        CompletableFuture<Long> left = provider.silence();
        Cancel cancel = way.begin(place);
        provider.awaitRequest();
        long start = System.nanoTime();
        cancel.run();
        return left.get(1, TimeUnit.MINUTES) - start;
    }

    private Cancel leaving(Place place) throws IOException, InterruptedException {
        SseStream stream = client.open(place);
        stream.status(); // the head of the answer: it is there before the model has said a word
        return stream::close;
    }

    private Cancel interrupting(Place place) throws IOException, InterruptedException {
        URI chats = place.base().resolve("/api/v1/chats");
        String begun =
                post(chats, "{\"agent\":\"" + place.model() + "\",\"message\":{\"parts\":[{\"text\":\"Count.\"}]}}");
        String id = JsonMapper.shared().readTree(begun).at("/chat/id").stringValue();
        return () -> post(URI.create(chats + "/" + id + ":interrupt"), "");
    }

    private String post(URI uri, String body) throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(uri)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) {
            throw new IOException(uri + " answered " + answer.statusCode() + ": " + answer.body());
        }
        return answer.body();
    }
}
