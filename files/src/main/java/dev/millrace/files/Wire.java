package dev.millrace.files;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One connection. Used by one thread at a time, except {@link #cut}.
 *
 * <p>The socket has no time limits of its own, so a clock watches it while somebody waits for it: it cuts a connection on
 * which nothing has come for too long, or that took too long in all. It is set once for each head and each block, not for
 * each read.
 */
final class Wire {
    private static final int BUFFER = 16 << 10;

    /** The connection was kept, and the server has closed it before it saw the request. */
    static final class Stale extends IOException {
        private static final long serialVersionUID = 1;

        Stale(IOException cause) {
            super(cause);
        }
    }

    /** Nothing came for too long, or all of it took too long. */
    static final class Silent extends IOException {
        private static final long serialVersionUID = 1;
    }

    private final Wires home;
    private final SocketChannel channel;
    private final ByteBuffer ahead = ByteBuffer.allocate(BUFFER).limit(0);
    private @Nullable SSLSocket tls;
    private byte @Nullable [] decrypted;
    private long idleSince;
    private boolean used;

    private volatile boolean tooLong;
    private volatile long progress;
    private long silenceNanos;
    private long overAt;
    private @Nullable ScheduledFuture<?> watch;

    Wire(Wires home, SocketChannel channel) {
        this.home = home;
        this.channel = channel;
    }

    void connect(InetSocketAddress address, Duration patience) throws IOException, InterruptedException {
        watch(patience, patience);
        try {
            channel.connect(address);
            Wires.tune(channel);
        } catch (IOException e) {
            throw explained(e);
        } finally {
            unwatch();
        }
    }

    void secure(SSLContext context, String host, int port, Duration patience) throws IOException, InterruptedException {
        watch(patience, patience);
        try {
            SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(channel.socket(), host, port, true);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            tls = socket;
            decrypted = new byte[BUFFER];
        } catch (IOException e) {
            throw explained(e);
        } finally {
            unwatch();
        }
    }

    /**
     * Sends a request and reads its answer's head.
     *
     * @throws Stale if the connection was used before, and not a byte of the answer came
     */
    Answer ask(HttpRequest request, Duration silence, Duration limit)
            throws Stale, SourceException, InterruptedException {
        boolean before = used;
        used = true;
        Head head = new Head(this);
        watch(silence, limit);
        try {
            send(request);
            return head.read(request.method().equals("HEAD"));
        } catch (Silent e) {
            throw new SourceException.TimedOut("silent for too long: " + request.uri());
        } catch (Head.Malformed e) {
            throw new SourceException.Failed("no answer of HTTP/1.1: " + request.uri() + ": " + e.getMessage(), e);
        } catch (IOException e) {
            if (before && !head.begun()) {
                throw new Stale(e);
            }
            throw SourceException.Failed.passing("connection failed: " + request.uri() + ": " + e, e);
        } finally {
            unwatch();
        }
    }

    private void send(HttpRequest request) throws IOException, InterruptedException {
        String path = request.uri().getRawPath();
        String query = request.uri().getRawQuery();
        StringBuilder text = new StringBuilder(512)
                .append(request.method())
                .append(' ')
                .append(path == null || path.isEmpty() ? "/" : path)
                .append(query == null ? "" : '?' + query)
                .append(" HTTP/1.1\r\nHost: ")
                .append(authority(request.uri()))
                .append("\r\n");
        // The JDK has checked names and values: none can hold the end of a line.
        request.headers()
                .map()
                .forEach((name, values) -> values.forEach(
                        value -> text.append(name).append(": ").append(value).append("\r\n")));
        byte[] bytes = text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        try {
            if (tls != null) {
                tls.getOutputStream().write(bytes);
            } else {
                for (ByteBuffer all = ByteBuffer.wrap(bytes); all.hasRemaining(); ) {
                    channel.write(all);
                }
            }
        } catch (IOException e) {
            throw explained(e);
        }
    }

    /** Without the port that goes without saying: signatures count on it. */
    private static String authority(URI url) {
        int usual = "https".equalsIgnoreCase(url.getScheme()) ? 443 : 80;
        return url.getPort() < 0 || url.getPort() == usual ? url.getHost() : url.getHost() + ':' + url.getPort();
    }

    /** Reads what is there, and waits for it; -1 at the end. What was read ahead comes first. */
    int read(ByteBuffer into) throws IOException, InterruptedException {
        if (ahead.hasRemaining()) {
            int count = Math.min(ahead.remaining(), into.remaining());
            into.put(into.position(), ahead, ahead.position(), count);
            into.position(into.position() + count);
            ahead.position(ahead.position() + count);
            return count;
        }
        return receive(into);
    }

    /** One byte; through the buffer. */
    byte readByte() throws IOException, InterruptedException {
        if (!ahead.hasRemaining()) {
            ahead.clear();
            int count = -1;
            try {
                count = receive(ahead);
            } finally {
                ahead.flip();
            }
            if (count < 0) {
                throw new EOFException("the connection ended");
            }
        }
        return ahead.get();
    }

    private int receive(ByteBuffer into) throws IOException, InterruptedException {
        try {
            int count;
            if (tls == null) {
                count = channel.read(into);
            } else {
                byte[] some = decrypted == null ? new byte[BUFFER] : decrypted;
                InputStream in = tls.getInputStream();
                count = in.read(some, 0, Math.min(some.length, into.remaining()));
                if (count > 0) {
                    into.put(some, 0, count);
                }
            }
            progress = System.nanoTime();
            return count;
        } catch (IOException e) {
            throw explained(e);
        }
    }

    /** What it means that the channel threw this: it is closed by an interrupt, and by our clock, too. */
    private IOException explained(IOException e) throws InterruptedException {
        if (tooLong) {
            return new Silent();
        }
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted while it waited for the network");
        }
        return e;
    }

    /** From now on, until {@link #unwatch}, the connection is cut when it is silent for so long, or after so long. */
    void watch(Duration silence, Duration limit) {
        progress = System.nanoTime();
        silenceNanos = TimeUnit.NANOSECONDS.convert(silence);
        overAt = progress + Math.max(0, TimeUnit.NANOSECONDS.convert(limit));
        look();
    }

    private synchronized void look() {
        long now = System.nanoTime();
        long left = Math.min(progress + silenceNanos, overAt) - now;
        if (left <= 0) {
            tooLong = true;
            cut();
            return;
        }
        try {
            watch = home.clock().schedule(this::lookAgain, left, TimeUnit.NANOSECONDS);
        } catch (java.util.concurrent.RejectedExecutionException e) {
            cut(); // The source was closed.
        }
    }

    private synchronized void lookAgain() {
        if (watch != null) {
            look();
        }
    }

    synchronized void unwatch() {
        if (watch != null) {
            watch.cancel(false);
            watch = null;
        }
    }

    /** The answer was read to its end, and the server keeps the connection open. */
    void release() {
        if (ahead.hasRemaining() || !channel.isOpen()) {
            cut(); // It has said more than it was asked.
            return;
        }
        idleSince = System.nanoTime();
        if (!home.keep(this)) {
            cut();
        }
    }

    Duration idleFor() {
        return Duration.ofNanos(System.nanoTime() - idleSince);
    }

    /** Closes the connection at once; a thread that waits for it fails. Any thread; idempotent. */
    void cut() {
        home.forget(this);
        try {
            channel.close();
        } catch (IOException e) {
            // It is of no use any more, whether it could be closed well or not.
        }
    }
}
