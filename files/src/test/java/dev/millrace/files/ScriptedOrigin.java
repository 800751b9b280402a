package dev.millrace.files;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A real HTTP/1.1 server with one file, at any path, that serves ranges honestly unless its script says otherwise. It is
 * written on plain sockets, so that it can lie, cut and stall at any byte, and sees when a client closes the connection.
 */
final class ScriptedOrigin implements AutoCloseable {

    /** What to do about one request instead of answering it honestly. */
    @FunctionalInterface
    interface Script {
        /** Returns false to leave the answer to the honest server. */
        boolean answers(Request request) throws IOException, InterruptedException;
    }

    volatile byte[] content;
    volatile @Nullable String etag = "\"v1\"";
    volatile @Nullable String lastModified = "Sun, 06 Nov 1994 08:49:37 GMT";
    volatile @Nullable String contentType = null;
    volatile Script script = request -> false;
    final List<Request> requests = new CopyOnWriteArrayList<>();

    private final ServerSocket listener;
    private final ConcurrentHashMap<Socket, Boolean> open = new ConcurrentHashMap<>();
    private final AtomicInteger numbers = new AtomicInteger();

    ScriptedOrigin(byte[] content) throws IOException {
        this.content = content;
        this.listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/base/");
    }

    /** An origin source with short times, for tests in which something is waited for in vain. */
    HttpOrigin.Builder source() {
        return HttpOrigin.at(uri()).retries(4, Duration.ofMillis(1), Duration.ofMillis(4));
    }

    int openConnections() {
        return open.size();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                open.put(socket, true);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
            String line;
            while ((line = in.readLine()) != null) {
                Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
                for (String header = in.readLine(); header != null && !header.isEmpty(); header = in.readLine()) {
                    int colon = header.indexOf(':');
                    headers.put(
                            header.substring(0, colon),
                            header.substring(colon + 1).strip());
                }
                String[] words = line.split(" ", 3);
                Request request = new Request(numbers.incrementAndGet(), words[0], words[1], headers, socket, in);
                requests.add(request);
                if (!script.answers(request)) {
                    request.answerHonestly();
                }
            }
        } catch (IOException | InterruptedException | UncheckedIOException e) {
            // The client or the script ended the connection.
        } finally {
            open.remove(socket);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Closeable socket : open.keySet()) {
            socket.close();
        }
    }

    /** One request, and all that can be done with it. */
    final class Request {
        final int number;
        final String method;
        final String path;
        final Map<String, String> headers;
        /** Counted down when the client has closed the connection, if {@link #awaitLeaving} was called. */
        final CountDownLatch left = new CountDownLatch(1);

        private final Socket socket;
        private final BufferedReader in;

        Request(int number, String method, String path, Map<String, String> headers, Socket socket, BufferedReader in) {
            this.number = number;
            this.method = method;
            this.path = path;
            this.headers = headers;
            this.socket = socket;
            this.in = in;
        }

        /** Whether it asks for more than the first byte, which is how a lookup asks. */
        boolean isFetch() {
            return !isLookup();
        }

        boolean isLookup() {
            return "bytes=0-0".equals(headers.get("Range"))
                    && !headers.containsKey("If-Range")
                    && !headers.containsKey("If-Unmodified-Since");
        }

        long first() {
            return range()[0];
        }

        long last() {
            return range()[1];
        }

        private long[] range() {
            String[] ends =
                    headers.getOrDefault("Range", "bytes=0-").substring(6).split("-", 2);
            long end = content.length - 1L;
            return new long[] {Long.parseLong(ends[0]), ends[1].isEmpty() ? end : Math.min(end, Long.parseLong(ends[1]))
            };
        }

        void answerHonestly() throws IOException {
            byte[] now = content;
            boolean changed = changed("If-Range", etag) || changed("If-Unmodified-Since", lastModified);
            if (headers.containsKey("If-Unmodified-Since") && changed) {
                head(412, "Content-Length: 0");
            } else if (!headers.containsKey("Range") || changed) {
                head(200, "Content-Length: " + now.length);
                body(now, 0, now.length);
            } else if (first() >= now.length) {
                head(416, "Content-Length: 0", "Content-Range: bytes */" + now.length);
            } else {
                partHead();
                body(now, (int) first(), (int) (last() - first() + 1));
            }
        }

        private boolean changed(String condition, @Nullable String validator) {
            String wanted = headers.get(condition);
            return wanted != null && !wanted.equals(validator);
        }

        /** The right head for the range that is asked for. */
        void partHead() throws IOException {
            head(
                    206,
                    "Content-Length: " + (last() - first() + 1),
                    "Content-Range: bytes " + first() + "-" + last() + "/" + content.length);
        }

        void head(int status, String... lines) throws IOException {
            List<String> all = new ArrayList<>(List.of(lines));
            if (etag != null) {
                all.add("ETag: " + etag);
            }
            if (lastModified != null) {
                all.add("Last-Modified: " + lastModified);
            }
            if (contentType != null) {
                all.add("Content-Type: " + contentType);
            }
            bareHead(status, all);
        }

        void bareHead(int status, List<String> lines) throws IOException {
            String text = String.format(
                    Locale.ROOT,
                    "HTTP/1.1 %d Said\r\n%s\r\n",
                    status,
                    lines.stream().map(line -> line + "\r\n").reduce("", String::concat));
            OutputStream out = socket.getOutputStream();
            out.write(text.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
        }

        void body(byte[] bytes, int offset, int length) throws IOException {
            socket.getOutputStream().write(bytes, offset, length);
            socket.getOutputStream().flush();
        }

        /** Closes at once; with a reset, what is on its way is lost. */
        void cut(boolean reset) throws IOException {
            if (reset) {
                socket.setSoLinger(true, 0);
            }
            socket.close();
        }

        /** Says nothing more until the client closes the connection. */
        void awaitLeaving() throws IOException {
            try {
                while (in.read() >= 0) {}
            } catch (IOException reset) {
                // That is leaving, too.
            }
            left.countDown();
            socket.close();
        }
    }
}
