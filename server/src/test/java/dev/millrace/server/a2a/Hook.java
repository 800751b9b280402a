package dev.millrace.server.a2a;

import com.sun.net.httpserver.HttpServer;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.json.A2aJson;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** A receiver of pushes, which answers as a test tells it. */
final class Hook implements AutoCloseable {
    /** A push as it came. */
    record Push(Map<String, String> headers, StreamResponse event, int answered) {}

    /** What to answer to the push that is the so-many-th to come (1 = the first). */
    @FunctionalInterface
    interface Answer {
        int status(int count);
    }

    final List<Push> pushes = new CopyOnWriteArrayList<>();
    private final HttpServer server;

    Hook(Answer answer) throws Exception {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/hook", exchange -> {
            var headers = new ConcurrentHashMap<String, String>();
            exchange.getRequestHeaders()
                    .forEach((name, values) -> headers.put(name.toLowerCase(java.util.Locale.ROOT), values.getFirst()));
            byte[] body = exchange.getRequestBody().readAllBytes();
            int status;
            synchronized (this) {
                status = answer.status(pushes.size() + 1);
                pushes.add(new Push(headers, A2aJson.STREAM_RESPONSE.read(body), status));
            }
            if (status == 302) {
                exchange.getResponseHeaders().set("Location", "/elsewhere");
            }
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/hook";
    }

    /** What was taken, in order. */
    List<Push> taken() {
        return pushes.stream().filter(push -> push.answered() / 100 == 2).toList();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
