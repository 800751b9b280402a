package dev.millrace.bench.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.bench.Lost;
import dev.millrace.bench.decisions.TokenServer;
import dev.millrace.client.sse.SseEvent;
import dev.millrace.client.sse.SseReader;
import dev.millrace.client.sse.SseStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import tools.jackson.databind.json.JsonMapper;

/** Streams chat completions, and holds each against what was sent. Any number of threads. */
final class Client implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final HttpClient http = HttpClient.newBuilder()
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();

    /**
     * One answer; times by {@link System#nanoTime}.
     *
     * @param firstAt when the first token was there
     * @param cameAt when each token was there, alone or with others
     */
    record Reading(long askedAt, long firstAt, List<Long> cameAt) {}

    /** @throws Lost if it is not what was sent */
    Reading read(Place place) throws IOException, InterruptedException {
        var text = new StringBuilder();
        var came = new ArrayList<Long>();
        long asked = System.nanoTime();
        try (SseStream stream = open(place)) {
            for (SseEvent event = stream.next(); event != null; event = stream.next()) {
                long now = System.nanoTime();
                String data = event.text();
                if (data.equals("[DONE]")) {
                    continue; // to the end, so that the connection serves the next request
                }
                String word = JsonMapper.shared()
                        .readTree(data)
                        .at("/choices/0/delta/content")
                        .asString("");
                text.append(word);
                word.chars().filter(c -> c == TokenServer.BEGIN).forEach(token -> came.add(now));
            }
        }
        if (!text.toString().equals(place.provider().text())) {
            throw new Lost(place.variant() + ": the answer is not what was sent");
        }
        return new Reading(asked, came.getFirst(), came);
    }

    /** Asks, and does not wait. */
    SseStream open(Place place) {
        String body = "{\"model\":\"" + place.model() + "\",\"stream\":true,\"store\":" + place.store()
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"Count.\"}]}";
        HttpRequest request = HttpRequest.newBuilder(URI.create(place.base() + "/chat/completions"))
                .version(HttpClient.Version.HTTP_1_1)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(body.getBytes(UTF_8)))
                .build();
        return SseStream.open(http, request, PATIENCE, SseReader.DEFAULT_LIMIT);
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
