package dev.millrace.server.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * As much of an S3 server as the vault of uploads needs: PUT, GET with a range, HEAD, DELETE, lists in pages of three, and
 * uploads in parts. (That what we send it is right S3, signatures and all, is tested where it is made, against a real one.)
 */
final class MemoryBucket implements AutoCloseable {
    private static final int PAGE = 3;

    /** By {@code bucket/key}. */
    final Map<String, byte[]> objects = new ConcurrentSkipListMap<>();

    /** Uploads in parts that are under way: parts by number. */
    final Map<String, Map<Integer, byte[]>> uploads = new ConcurrentHashMap<>();

    /** Requests, as method and address, that are done and whose answer is an error all the same. */
    volatile Predicate<String> lost = request -> false;

    private final AtomicInteger ids = new AtomicInteger();
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

    private static Map<String, String> query(URI uri) {
        Map<String, String> query = new HashMap<>();
        if (uri.getRawQuery() != null) {
            for (String pair : uri.getRawQuery().split("&", -1)) {
                String[] words = pair.split("=", 2);
                query.put(words[0], words.length < 2 ? "" : URLDecoder.decode(words[1], UTF_8));
            }
        }
        return query;
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String key = exchange.getRequestURI().getPath().substring(1);
            Map<String, String> query = query(exchange.getRequestURI());
            String method = exchange.getRequestMethod();
            String upload = query.get("uploadId");
            if (query.containsKey("list-type")) {
                list(exchange, key, query);
            } else if (query.containsKey("uploads")) {
                String id = "up load+" + ids.incrementAndGet();
                uploads.put(id, new TreeMap<>());
                tell(exchange, 200, "<R><UploadId>" + id + "</UploadId></R>");
            } else if (upload != null) {
                multipart(exchange, method, key, query, upload, body);
            } else {
                object(exchange, method, key, body);
            }
        }
    }

    private void object(HttpExchange exchange, String method, String key, byte[] body) throws IOException {
        switch (method) {
            case "PUT" -> {
                objects.put(key, body);
                tell(exchange, 200, "");
            }
            case "DELETE" -> {
                objects.remove(key);
                tell(exchange, 204, "");
            }
            case "HEAD" -> {
                byte[] object = objects.get(key);
                if (object != null) {
                    exchange.getResponseHeaders().set("Content-Length", Integer.toString(object.length));
                }
                exchange.sendResponseHeaders(object == null ? 404 : 200, -1);
            }
            default -> get(exchange, objects.get(key));
        }
    }

    private void multipart(
            HttpExchange exchange, String method, String key, Map<String, String> query, String id, byte[] body)
            throws IOException {
        Map<Integer, byte[]> parts = uploads.get(id);
        if (parts == null) {
            tell(exchange, 404, "<Error><Code>NoSuchUpload</Code></Error>");
            return;
        }
        switch (method) {
            case "PUT" -> {
                int number = Integer.parseInt(Objects.requireNonNull(query.get("partNumber")));
                parts.put(number, body);
                exchange.getResponseHeaders().set("ETag", tag(body));
                tell(exchange, 200, "");
            }
            case "DELETE" -> {
                uploads.remove(id);
                tell(exchange, 204, "");
            }
            case "POST" -> {
                var whole = new ByteArrayOutputStream();
                String wanted = new String(body, UTF_8);
                for (Map.Entry<Integer, byte[]> part : parts.entrySet()) {
                    if (wanted.contains(
                            "<PartNumber>" + part.getKey() + "</PartNumber><ETag>" + tag(part.getValue()))) {
                        whole.write(part.getValue());
                    }
                }
                objects.put(key, whole.toByteArray());
                uploads.remove(id);
                tell(exchange, 200, "<CompleteMultipartUploadResult/>");
            }
            default -> {
                int after = Integer.parseInt(query.getOrDefault("part-number-marker", "0"));
                var xml = new StringBuilder("<ListPartsResult>");
                int listed = 0;
                int last = 0;
                boolean more = false;
                for (Map.Entry<Integer, byte[]> part : parts.entrySet()) {
                    if (part.getKey() > after) {
                        if (listed == PAGE) {
                            more = true;
                            break;
                        }
                        listed++;
                        last = part.getKey();
                        xml.append("<Part><PartNumber>" + last + "</PartNumber><ETag>" + tag(part.getValue())
                                + "</ETag><Size>" + part.getValue().length + "</Size></Part>");
                    }
                }
                tell(
                        exchange,
                        200,
                        xml + "<NextPartNumberMarker>" + last + "</NextPartNumberMarker><IsTruncated>" + more
                                + "</IsTruncated></ListPartsResult>");
            }
        }
    }

    private void list(HttpExchange exchange, String bucket, Map<String, String> query) throws IOException {
        String prefix = bucket + '/' + query.get("prefix");
        String after = query.getOrDefault("continuation-token", "");
        var xml = new StringBuilder("<ListBucketResult>");
        int listed = 0;
        String last = "";
        boolean more = false;
        for (String key : objects.keySet()) {
            if (key.startsWith(prefix) && key.compareTo(after) > 0) {
                if (listed == PAGE) {
                    more = true;
                    break;
                }
                listed++;
                last = key;
                String name =
                        key.substring(bucket.length() + 1).replace("&", "&amp;").replace("<", "&lt;");
                xml.append("<Contents><Owner><ID>me</ID></Owner><Key>" + name + "</Key></Contents>");
            }
        }
        tell(
                exchange,
                200,
                xml + (more ? "<NextContinuationToken>" + last + "</NextContinuationToken>" : "") + "<IsTruncated>"
                        + more + "</IsTruncated></ListBucketResult>");
    }

    private static String tag(byte[] object) {
        return '"' + Integer.toString(Arrays.hashCode(object)) + '"';
    }

    private void tell(HttpExchange exchange, int status, String xml) throws IOException {
        if (lost.test(exchange.getRequestMethod() + ' ' + exchange.getRequestURI())) {
            exchange.sendResponseHeaders(400, -1);
            return;
        }
        byte[] bytes = xml.getBytes(UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static void get(HttpExchange exchange, byte[] object) throws IOException {
        if (object == null) {
            exchange.sendResponseHeaders(404, -1);
            return;
        }
        exchange.getResponseHeaders().set("ETag", tag(object));
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
