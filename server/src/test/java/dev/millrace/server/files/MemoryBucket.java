package dev.millrace.server.files;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;

/**
 * As much of an S3 server as the vault of uploads needs: PUT, GET with a range, DELETE. (That what we send it is right S3,
 * signatures and all, is tested where it is made, against a real one.)
 */
final class MemoryBucket implements AutoCloseable {
    /** By {@code bucket/key}. */
    final Map<String, byte[]> objects = new ConcurrentSkipListMap<>();

    private final HttpServer server;

    MemoryBucket() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::serve);
        server.start();
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String key = exchange.getRequestURI().getPath().substring(1);
            byte[] object = objects.get(key);
            switch (exchange.getRequestMethod()) {
                case "PUT" -> {
                    objects.put(key, body);
                    exchange.sendResponseHeaders(200, -1);
                }
                case "DELETE" -> {
                    objects.remove(key);
                    exchange.sendResponseHeaders(204, -1);
                }
                default -> get(exchange, object);
            }
        }
    }

    private static void get(HttpExchange exchange, byte[] object) throws IOException {
        if (object == null) {
            exchange.sendResponseHeaders(404, -1);
            return;
        }
        exchange.getResponseHeaders().set("ETag", "\"" + Arrays.hashCode(object) + '"');
        String range = exchange.getRequestHeaders().getFirst("Range");
        byte[] part = object;
        if (range != null) {
            String[] ends = range.substring("bytes=".length()).split("-", 2);
            int from = Integer.parseInt(ends[0]);
            int end = Math.min(object.length, Integer.parseInt(ends[1]) + 1);
            part = Arrays.copyOfRange(object, from, end);
            exchange.getResponseHeaders().set("Content-Range", "bytes " + from + '-' + (end - 1) + '/' + object.length);
        }
        exchange.sendResponseHeaders(range == null ? 200 : 206, part.length == 0 ? -1 : part.length);
        exchange.getResponseBody().write(part);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
