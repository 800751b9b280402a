package dev.millrace.examples;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.json.A2aJson;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Receives push notifications, each once. A sender delivers at least once: when an answer gets lost, the event comes again,
 * under the same {@code X-A2A-Delivery-Id}. So an id is remembered when its event was taken, and not before: one that fails
 * here is answered with 500 and comes again.
 *
 * <p>A receiver that must not forget across its own restarts keeps the ids where it keeps what it makes of the events, in one
 * transaction.
 */
public final class PushReceiver implements AutoCloseable {
    /** More than can still be under way: a sender has one delivery at a time for each configuration. */
    private static final int REMEMBERED = 10_000;

    private final HttpServer http;
    private final String token;
    private final Consumer<StreamResponse> taking;
    private final Map<String, Boolean> taken = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > REMEMBERED;
        }
    };

    /**
     * @param port 0 takes a free one
     * @param token that the sender was told ({@code TaskPushNotificationConfig.token}), and that nobody else knows
     * @param taking gets each event once, one at a time
     */
    public PushReceiver(int port, String token, Consumer<StreamResponse> taking) throws IOException {
        this.token = token;
        this.taking = taking;
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.createContext("/push", this::receive);
    }

    public void start() {
        http.start();
    }

    /** What a task's push configuration must name. */
    public URI uri() {
        return URI.create("http://localhost:" + http.getAddress().getPort() + "/push");
    }

    private void receive(HttpExchange request) throws IOException {
        try (request) {
            request.sendResponseHeaders(status(request), -1);
        }
    }

    private int status(HttpExchange request) throws IOException {
        if (!fromOurSender(request.getRequestHeaders().getFirst("X-A2A-Notification-Token"))) {
            return 401;
        }
        String id = request.getRequestHeaders().getFirst("X-A2A-Delivery-Id");
        byte[] body = request.getRequestBody().readAllBytes();
        try {
            take(id, A2aJson.STREAM_RESPONSE.read(body));
            return 204;
        } catch (RuntimeException e) {
            System.err.println("could not take " + id + ", which will come again: " + e.getMessage());
            return 500;
        }
    }

    private synchronized void take(@Nullable String id, StreamResponse event) {
        if (id == null || !taken.containsKey(id)) {
            taking.accept(event);
            if (id != null) {
                taken.put(id, true);
            }
        }
    }

    /** Without telling, by the time that it takes, how much of a guess was right. */
    private boolean fromOurSender(@Nullable String shown) {
        return shown != null
                && MessageDigest.isEqual(
                        shown.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        http.stop(0);
    }

    public static void main(String[] args) throws IOException {
        var receiver =
                new PushReceiver(8090, "secret", event -> System.out.println(A2aJson.STREAM_RESPONSE.writeText(event)));
        receiver.start();
        System.out.println("receiving on " + receiver.uri());
    }
}
