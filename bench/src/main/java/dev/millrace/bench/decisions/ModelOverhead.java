package dev.millrace.bench.decisions;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.millrace.agents.ModelAgent;
import dev.millrace.agents.ModelConfig;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.json.JsonMapper;

/**
 * What LangChain4j costs for each token of a model that streams, and how fast a cancel before the first token closes
 * the connection. The figures of {@code docs/decisions/langchain4j.md}.
 *
 * <p>All ways read the same answer from the same server on the loopback interface, in turns, in one process; each
 * answer is compared with what was sent.
 */
public final class ModelOverhead {
    private static final int TOKENS = 2_000;
    private static final int WARM_UP = 10;
    private static final int ROUNDS = 30;
    private static final int CANCELS = 20;
    private static final Duration LONG = Duration.ofMinutes(5);

    private final TokenServer server = new TokenServer(TOKENS);
    private final HttpClient http = HttpClient.newBuilder()
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();

    /** One way to read an answer. */
    private interface Way {
        /** The answer's text, and when the first of it was there. */
        Reading read() throws Exception;
    }

    private record Reading(String text, long firstNanos) {}

    /** A way and what was measured of it. */
    private record Row(String name, Way way, List<Double> perToken, List<Double> first) {
        Row(String name, Way way) {
            this(name, way, new ArrayList<>(), new ArrayList<>());
        }
    }

    private ModelOverhead() {}

    public static void main(String[] args) throws Exception {
        var bench = new ModelOverhead();
        try (bench.server) {
            bench.tokens();
            bench.cancels();
        } finally {
            bench.http.shutdownNow();
        }
    }

    private void tokens() throws Exception {
        List<Row> rows = List.of(
                new Row("bare stream, JSON not read", () -> bare(false)),
                new Row("bare stream, Jackson 3 tree", () -> bare(true)),
                new Row("ModelAgent (LangChain4j, our HTTP)", this::agent),
                new Row("LangChain4j with its own HTTP client", this::langchain4j));
        for (int round = -WARM_UP; round < ROUNDS; round++) {
            for (Row row : rows) {
                long start = System.nanoTime();
                Reading reading = row.way().read();
                long nanos = System.nanoTime() - start;
                if (!reading.text().equals(server.text())) {
                    throw new IllegalStateException(row.name() + " did not read what was sent");
                }
                if (round >= 0) {
                    row.perToken().add(nanos / 1e3 / TOKENS);
                    row.first().add((reading.firstNanos() - start) / 1e6);
                }
            }
        }
        System.out.printf("%d tokens, %d rounds in turns, every token verified%n%n", TOKENS, ROUNDS);
        System.out.printf("%-38s %22s %26s%n", "", "us per token (IQR)", "ms to first token (IQR)");
        for (Row row : rows) {
            System.out.printf("%-38s %22s %26s%n", row.name(), spread(row.perToken()), spread(row.first()));
        }
    }

    private void cancels() throws Exception {
        var closed = new ArrayList<Double>();
        for (int i = 0; i < CANCELS; i++) {
            var turn = new CollectingTurn();
            CompletableFuture<Long> left = server.silence();
            try (var agent = new ModelAgent(config())) {
                Thread running = Thread.startVirtualThread(() -> {
                    try {
                        agent.run(turn);
                    } catch (Exception e) {
                        // it was cancelled
                    }
                });
                server.awaitRequest();
                long start = System.nanoTime();
                running.interrupt();
                closed.add((left.get(20, TimeUnit.SECONDS) - start) / 1e6);
            }
        }
        System.out.printf("%ncancel before the first byte, ms until the server sees the connection close:%n");
        System.out.printf("%-38s %22s%n", "ModelAgent", spread(closed));

        CompletableFuture<Long> left = server.silence();
        Thread caller = Thread.startVirtualThread(() -> model().chat("x", new Collector(System.nanoTime())));
        server.awaitRequest();
        caller.interrupt();
        String after;
        try {
            left.get(3, TimeUnit.SECONDS);
            after = "closed";
        } catch (java.util.concurrent.TimeoutException e) {
            after = "still open after 3 s";
        }
        System.out.printf("%-38s %22s%n", "LangChain4j with its own HTTP client", after);
    }

    private Reading bare(boolean readJson) throws IOException, InterruptedException {
        var text = new StringBuilder();
        long first = 0;
        int count = 0;
        try (SseStream stream = SseStream.open(http, request(), LONG, SseReader.DEFAULT_LIMIT)) {
            for (SseEvent event = stream.next(); event != null; event = stream.next()) {
                if (event.data().length < 10) {
                    break; // [DONE]
                }
                first = first == 0 ? System.nanoTime() : first;
                if (readJson) {
                    text.append(JsonMapper.shared()
                            .readTree(event.data())
                            .at("/choices/0/delta/content")
                            .asString(""));
                }
                count++;
            }
        }
        if (!readJson && count != TOKENS + 1) {
            throw new IllegalStateException(count + " events instead of " + (TOKENS + 1));
        }
        return new Reading(readJson ? text.toString() : server.text(), first);
    }

    private Reading agent() throws Exception {
        var turn = new CollectingTurn();
        try (var agent = new ModelAgent(config())) {
            agent.run(turn);
        }
        return new Reading(turn.text(), turn.firstNanos());
    }

    private Reading langchain4j() throws Exception {
        var collector = new Collector(0);
        model().chat("x", collector);
        return collector.whole.get(20, TimeUnit.SECONDS);
    }

    private OpenAiStreamingChatModel model() {
        return OpenAiStreamingChatModel.builder()
                .baseUrl(server.baseUrl().toString())
                .modelName("m")
                .timeout(LONG)
                .build();
    }

    private ModelConfig config() {
        return ModelConfig.of(server.baseUrl(), null, "m").with(new ModelConfig.Times(LONG, LONG, LONG));
    }

    private HttpRequest request() {
        return HttpRequest.newBuilder(URI.create(server.baseUrl() + "/chat/completions"))
                .version(HttpClient.Version.HTTP_1_1)
                .POST(BodyPublishers.ofByteArray("{\"stream\":true}".getBytes(UTF_8)))
                .build();
    }

    /** Median, and the distance between the quartiles. */
    private static String spread(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int n = sorted.size();
        return String.format("%.2f (%.2f)", sorted.get(n / 2), sorted.get(n * 3 / 4) - sorted.get(n / 4));
    }

    private static final class Collector implements StreamingChatResponseHandler {
        private final StringBuilder text = new StringBuilder();
        private long first;
        private final CompletableFuture<Reading> whole = new CompletableFuture<>();

        Collector(long first) {
            this.first = first;
        }

        @Override
        public void onPartialResponse(String words) {
            first = first == 0 ? System.nanoTime() : first;
            text.append(words);
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            whole.complete(new Reading(text.toString(), first));
        }

        @Override
        public void onError(Throwable error) {
            whole.completeExceptionally(error);
        }
    }
}
