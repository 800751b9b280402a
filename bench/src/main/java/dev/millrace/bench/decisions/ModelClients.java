package dev.millrace.bench.decisions;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.bench.Samples;
import dev.millrace.client.sse.SseReader;
import dev.millrace.client.sse.SseStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.StringEntity;

/**
 * What a short answer of a model costs over the JDK's HTTP client, and over one that blocks. The figures of {@code
 * docs/decisions/langchain4j.md}. Both are used by a virtual thread, over kept connections, in turns in one process.
 */
public final class ModelClients {
    private static final int TOKENS = 8;
    private static final int ROUNDS = 8;
    private static final Duration ROUND = Duration.ofSeconds(4);
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final String BODY = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";

    private final OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final TokenServer server = new TokenServer(TOKENS);
    private final URI uri = URI.create(server.baseUrl() + "/chat/completions");
    private final HttpClient jdk = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();
    private final CloseableHttpClient blocking = HttpClients.createDefault();

    private ModelClients() {}

    /** One answer; the nanoseconds until its first event was there. */
    private interface Client {
        long ask() throws IOException, InterruptedException;
    }

    /** Prints a line for each client in each round; the later ones are warm. */
    public static void main(String[] arguments) throws Exception {
        var both = new ModelClients();
        for (int i = 0; i < ROUNDS; i++) {
            both.round("the JDK's", both::overJdk);
            both.round("blocking", both::blocking);
        }
        both.jdk.shutdownNow();
        both.blocking.close();
        both.server.close();
    }

    private void round(String name, Client client) throws Exception {
        var first = new Samples();
        long before = process.getProcessCpuTime();
        long end = System.nanoTime() + ROUND.toNanos();
        var asking = new FutureTask<>(() -> {
            while (System.nanoTime() < end) {
                first.add((double) client.ask());
            }
            return first.size();
        });
        Thread.startVirtualThread(asking);
        int turns = asking.get();
        System.out.printf(
                "%-10s %6d turns, first event after %4.0f us (median), %5.0f us of CPU each%n",
                name, turns, first.median() / 1e3, (process.getProcessCpuTime() - before) / 1e3 / turns);
    }

    private long overJdk() throws IOException, InterruptedException {
        long begun = System.nanoTime();
        HttpRequest request = HttpRequest.newBuilder(uri)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(BODY.getBytes(UTF_8)))
                .build();
        long first = 0;
        try (SseStream stream = SseStream.open(jdk, request, LONG, SseReader.DEFAULT_LIMIT)) {
            while (stream.next() != null) {
                first = first == 0 ? System.nanoTime() - begun : first;
            }
        }
        return first;
    }

    private long blocking() throws IOException {
        long begun = System.nanoTime();
        var request = new HttpPost(uri);
        request.setEntity(new StringEntity(BODY, ContentType.APPLICATION_JSON));
        var events = new SseReader();
        byte[] some = new byte[8 * 1024];
        long first = 0;
        try (ClassicHttpResponse response = blocking.executeOpen(null, request, null)) {
            InputStream body = response.getEntity().getContent();
            for (int n = body.read(some); n >= 0; n = body.read(some)) {
                events.feed(ByteBuffer.wrap(some, 0, n));
                while (events.poll() != null) {
                    first = first == 0 ? System.nanoTime() - begun : first;
                }
            }
        }
        return first;
    }
}
