package dev.millrace.files;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Connections to one server of HTTP/1.1, each used by one request at a time and kept for the next.
 *
 * <p>Everything here blocks the thread that called, and nothing else works for it: a block's bytes go from the socket
 * straight into the block's buffer. With the JDK's client each byte passed two more threads and a buffer of its own; on 2
 * cores that, and not the origin, decided how fast a hundred films arrived. A thread that is interrupted closes the
 * connection that it waits for, so an origin that is no longer wanted stops sending at once, and nobody writes into a
 * buffer but the thread that owns it.
 *
 * <p>Safe for use by many threads.
 */
final class Wires implements AutoCloseable {
    /** As long as servers usually keep a connection that nobody uses, or a little less. */
    private static final Duration KEPT = Duration.ofSeconds(30);

    private static final int MOST_KEPT = 64;

    private final Duration connectTimeout;
    private final @Nullable SSLContext tls;
    private final ScheduledThreadPoolExecutor clock;

    // All below by this object's lock.
    private final Set<Wire> open = new HashSet<>();
    private final ArrayDeque<Wire> idle = new ArrayDeque<>();
    private boolean closed;

    /** @param tls for {@code https}; null for the system's own */
    Wires(Duration connectTimeout, @Nullable SSLContext tls) {
        this.connectTimeout = connectTimeout;
        this.tls = tls;
        this.clock = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("millrace-wires").factory());
        clock.setRemoveOnCancelPolicy(true);
        clock.setKeepAliveTime(1, TimeUnit.SECONDS);
        clock.allowCoreThreadTimeOut(true);
        clock.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /**
     * Sends a request without a body, and waits for its answer's head.
     *
     * @param silence how long the server may be silent
     * @param limit for the whole
     * @return to be closed
     * @throws SourceException that may pass, if there was no answer, or none that can be read
     */
    Answer ask(HttpRequest request, Duration silence, Duration limit) throws SourceException, InterruptedException {
        URI url = request.uri();
        while (true) {
            Wire kept = takeIdle();
            Wire wire = kept != null ? kept : connect(url);
            Answer answer = null;
            try {
                answer = wire.ask(request, silence, limit);
                return answer;
            } catch (Wire.Stale e) {
                // The server had closed it meanwhile, and has not seen this request: another, in the end a new one.
                if (kept == null) {
                    throw SourceException.Failed.passing("connection failed: " + url + ": " + e.getCause(), e);
                }
            } finally {
                if (answer == null) {
                    wire.cut();
                }
            }
        }
    }

    private synchronized @Nullable Wire takeIdle() {
        Wire wire = idle.pollLast();
        if (wire != null && wire.idleFor().compareTo(KEPT) > 0) {
            // Those before it have waited for longer still.
            idle.forEach(Wire::cut);
            idle.clear();
            wire.cut();
            return null;
        }
        return wire;
    }

    private Wire connect(URI url) throws SourceException, InterruptedException {
        boolean secure = "https".equalsIgnoreCase(url.getScheme());
        int port = url.getPort() >= 0 ? url.getPort() : secure ? 443 : 80;
        List<IOException> failures = new ArrayList<>();
        try {
            for (InetAddress address : InetAddress.getAllByName(url.getHost())) {
                Wire wire = add(new Wire(this, SocketChannel.open()));
                boolean connected = false;
                try {
                    wire.connect(new InetSocketAddress(address, port), connectTimeout);
                    if (secure) {
                        wire.secure(tls == null ? SSLContext.getDefault() : tls, url.getHost(), port, connectTimeout);
                    }
                    connected = true;
                    return wire;
                } catch (IOException e) {
                    failures.add(e);
                } finally {
                    if (!connected) {
                        wire.cut();
                    }
                }
            }
        } catch (IOException e) {
            failures.add(e);
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new SourceException.Failed("no TLS here for " + url, e);
        }
        IOException last = failures.getLast();
        throw last instanceof Wire.Silent
                ? new SourceException.TimedOut("no connection: " + url)
                : SourceException.Failed.passing("connection failed: " + url + ": " + last, last);
    }

    private Wire add(Wire wire) throws IOException {
        synchronized (this) {
            if (!closed) {
                open.add(wire);
                return wire;
            }
        }
        wire.cut();
        throw new IOException("this source is closed");
    }

    /** Whether the wire is kept for another request. */
    boolean keep(Wire wire) {
        Wire tooMany = null;
        synchronized (this) {
            if (closed) {
                return false;
            }
            idle.addLast(wire);
            if (idle.size() > MOST_KEPT) {
                tooMany = idle.pollFirst();
            }
            if (idle.size() == 1) {
                sweepIn(KEPT);
            }
        }
        if (tooMany != null) {
            tooMany.cut();
        }
        return true;
    }

    /** Under the lock. */
    private void sweepIn(Duration wait) {
        var _ = clock.schedule(this::sweep, wait.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void sweep() {
        List<Wire> old = new ArrayList<>();
        synchronized (this) {
            while (!idle.isEmpty() && idle.getFirst().idleFor().compareTo(KEPT) >= 0) {
                old.add(idle.removeFirst());
            }
            if (!idle.isEmpty() && !closed) {
                sweepIn(KEPT.minus(idle.getFirst().idleFor()).plusMillis(1));
            }
        }
        old.forEach(Wire::cut);
    }

    synchronized void forget(Wire wire) {
        open.remove(wire);
        idle.remove(wire);
    }

    ScheduledThreadPoolExecutor clock() {
        return clock;
    }

    static void tune(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }

    /** Cuts all connections; whoever waits for one fails. Idempotent. */
    @Override
    public void close() {
        List<Wire> all;
        synchronized (this) {
            closed = true;
            all = List.copyOf(open);
            idle.clear();
        }
        all.forEach(Wire::cut);
        clock.shutdownNow();
    }
}
