package dev.millrace.bench.decisions;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;

/**
 * A server of OpenAI's chat completions that always gives the same answer, encoded beforehand: each token an event and an HTTP
 * chunk of its own. They all come at once, as fast as they are read, or one by one. Its connections stay open.
 */
public final class TokenServer implements AutoCloseable {
    /** What each token begins with, and has once. */
    public static final char BEGIN = 'w';

    private static final byte[] HEAD =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(UTF_8);

    private final ServerSocket socket;
    private final String text;
    private final byte[][] pieces;
    private final Duration gap;
    private final long[] sentAt;
    private final Queue<CompletableFuture<Long>> silences = new ConcurrentLinkedQueue<>();
    private final Semaphore requests = new Semaphore(0);
    private volatile long askedAt;
    private volatile long answeredAt;

    /** All tokens come at once. */
    public TokenServer(int tokens) {
        this(tokens, Duration.ZERO);
    }

    /** @param gap how long after one token the next one comes; none = all at once */
    public TokenServer(int tokens, Duration gap) {
        this.gap = gap;
        sentAt = new long[tokens];
        var words = new StringBuilder();
        var events = new ArrayList<byte[]>();
        for (int i = 0; i < tokens; i++) {
            String word = " " + BEGIN + i;
            words.append(word);
            events.add(piece(chunk("{\"content\":\"" + word + "\"}", "null")));
        }
        events.add(bytes(piece(chunk("{}", "\"stop\"")), piece("data: [DONE]\n\n"), piece("")));
        text = words.toString();
        pieces = gap.isZero() ? new byte[][] {bytes(events.toArray(byte[][]::new))} : events.toArray(byte[][]::new);
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

    /** When each token of the last answer was sent, by {@link System#nanoTime}; of one that does not come at once. */
    public long[] sentAt() {
        return sentAt;
    }

    /** When the last request was there as a whole, by {@link System#nanoTime}. */
    public long askedAt() {
        return askedAt;
    }

    /** When the answer to it began, by {@link System#nanoTime}. */
    public long answeredAt() {
        return answeredAt;
    }

    /** The next request gets no answer at all; the future has the moment at which its client had left. */
    public CompletableFuture<Long> silence() {
        requests.drainPermits();
        var left = new CompletableFuture<Long>();
        silences.add(left);
        return left;
    }

    /** Waits for the request after {@link #silence}. */
    public void awaitRequest() throws InterruptedException {
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

    /** An HTTP chunk. */
    private static byte[] piece(String data) {
        return (Integer.toHexString(data.getBytes(UTF_8).length) + "\r\n" + data + "\r\n").getBytes(UTF_8);
    }

    private static byte[] bytes(byte[]... parts) {
        var all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
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
        try (peer) {
            peer.setTcpNoDelay(true);
            var in = new BufferedInputStream(peer.getInputStream());
            while (true) {
                skipRequest(in);
                askedAt = System.nanoTime();
                CompletableFuture<Long> silence = silences.poll();
                requests.release();
                if (silence != null) {
                    awaitLeave(in);
                    silence.complete(System.nanoTime());
                    return;
                }
                answer(peer.getOutputStream());
            }
        } catch (IOException e) {
            // the client left
        }
    }

    private void answer(OutputStream out) throws IOException {
        answeredAt = System.nanoTime();
        if (gap.isZero()) {
            out.write(bytes(HEAD, pieces[0]));
            return;
        }
        out.write(HEAD);
        long next = System.nanoTime();
        for (int i = 0; i < pieces.length; i++) {
            next += gap.toNanos();
            for (long now = System.nanoTime(); now < next; now = System.nanoTime()) {
                LockSupport.parkNanos(next - now);
            }
            if (i < sentAt.length) {
                sentAt[i] = System.nanoTime();
            }
            out.write(pieces[i]);
        }
    }

    private static void awaitLeave(InputStream in) throws IOException {
        try {
            while (in.read() >= 0) {
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
