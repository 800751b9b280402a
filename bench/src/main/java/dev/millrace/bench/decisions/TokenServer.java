package dev.millrace.bench.decisions;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;

/** A server of OpenAI's chat completions that always gives the same answer, encoded beforehand, as fast as it is read. */
public final class TokenServer implements AutoCloseable {
    private final ServerSocket socket;
    private final String text;
    private final byte[] answer;
    private final Queue<CompletableFuture<Long>> silences = new ConcurrentLinkedQueue<>();
    private final Semaphore requests = new Semaphore(0);

    public TokenServer(int tokens) {
        var words = new StringBuilder();
        var events =
                new StringBuilder("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
        for (int i = 0; i < tokens; i++) {
            String word = " w" + i;
            words.append(word);
            events.append(chunk("{\"content\":\"" + word + "\"}", "null"));
        }
        events.append(chunk("{}", "\"stop\"")).append("data: [DONE]\n\n");
        text = words.toString();
        answer = events.toString().getBytes(UTF_8);
        try {
            socket = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.startVirtualThread(this::accept);
    }

    public URI baseUrl() {
        return URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/v1");
    }

    /** The whole answer. */
    public String text() {
        return text;
    }

    /** The next request gets no answer at all; the future has the moment at which its client had left. */
    CompletableFuture<Long> silence() {
        requests.drainPermits();
        var left = new CompletableFuture<Long>();
        silences.add(left);
        return left;
    }

    void awaitRequest() throws InterruptedException {
        requests.acquire();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private static String chunk(String delta, String finish) {
        return "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"m\","
                + "\"choices\":[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":" + finish + "}]}\n\n";
    }

    private void accept() {
        try {
            while (true) {
                Socket peer = socket.accept();
                Thread.startVirtualThread(() -> serve(peer));
            }
        } catch (IOException closed) {
            // the measurement is over
        }
    }

    private void serve(Socket peer) {
        CompletableFuture<Long> silence = silences.poll();
        try (peer) {
            skipRequest(peer.getInputStream());
            requests.release();
            if (silence == null) {
                peer.getOutputStream().write(answer);
            } else {
                awaitLeave(peer);
            }
        } catch (IOException e) {
            // the client left
        } finally {
            if (silence != null) {
                silence.complete(System.nanoTime());
            }
        }
    }

    private static void awaitLeave(Socket peer) throws IOException {
        try {
            while (peer.getInputStream().read() >= 0) {
                // nothing more is expected
            }
        } catch (SocketException reset) {
            // this is leaving, too
        }
    }

    private static void skipRequest(InputStream in) throws IOException {
        int length = 0;
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
                length = Integer.parseInt(
                        line.substring("content-length:".length()).strip());
            }
        }
        in.skipNBytes(length);
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("the client left");
            }
            if (b != '\r') {
                line.append((char) b);
            }
        }
        return line.toString();
    }
}
