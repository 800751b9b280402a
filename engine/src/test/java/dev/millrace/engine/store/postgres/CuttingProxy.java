package dev.millrace.engine.store.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The network between a store and its server, which can be cut at the worst moment. */
public final class CuttingProxy implements AutoCloseable {
    private final ServerSocket door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int target;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean swallow = new AtomicBoolean();
    private final Semaphore swallowed = new Semaphore(0);
    private volatile byte[] marker = {};
    private volatile boolean cut;

    /** Bytes, of both directions, that still pass before a connection is cut between two of them. */
    private final AtomicLong budget = new AtomicLong(Long.MAX_VALUE);

    private final AtomicInteger cuts = new AtomicInteger();

    public CuttingProxy(int target) throws IOException {
        this.target = target;
        Thread.startVirtualThread(this::accept);
    }

    public int port() {
        return door.getLocalPort();
    }

    /** Lets the next request with this text in it reach the server, and cuts the connection before its answer comes back. */
    public void swallowTheAnswerTo(String text) {
        marker = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        swallow.set(true);
    }

    public void awaitSwallowed() throws InterruptedException {
        swallowed.acquire();
    }

    /** Lets so many bytes pass, whichever way they go, and cuts the connection of the next one, once. */
    public void cutAfter(long bytes) {
        budget.set(bytes);
    }

    /** How often a connection was cut after its bytes. */
    public int cuts() {
        return cuts.get();
    }

    /** Cuts everything and lets nothing through until {@link #mend}. */
    public void cut() {
        cut = true;
        open.forEach(CuttingProxy::close);
    }

    public void mend() {
        cut = false;
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                Socket client = door.accept();
                if (cut) {
                    client.close();
                    continue;
                }
                var server = new Socket();
                server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                open.add(client);
                open.add(server);
                var doomed = new AtomicBoolean();
                Thread.startVirtualThread(() -> requests(client, server, doomed));
                Thread.startVirtualThread(() -> answers(client, server, doomed));
                if (cut) {
                    cut();
                }
            } catch (IOException e) {
                if (!door.isClosed()) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
        }
    }

    private void requests(Socket client, Socket server, AtomicBoolean doomed) {
        copy(client, server, (bytes, length) -> {
            if (swallow.get() && contains(bytes, length, marker) && swallow.compareAndSet(true, false)) {
                doomed.set(true);
            }
            return true;
        });
    }

    private void answers(Socket client, Socket server, AtomicBoolean doomed) {
        copy(server, client, (bytes, length) -> {
            if (doomed.get()) {
                swallowed.release();
                return false; // the server has done its work, and nobody hears of it
            }
            return true;
        });
    }

    private interface Guard {
        boolean pass(byte[] bytes, int length);
    }

    private void copy(Socket from, Socket to, Guard guard) {
        byte[] buffer = new byte[64 * 1024];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int length = in.read(buffer); length > 0; length = in.read(buffer)) {
                if (!guard.pass(buffer, length)) {
                    return;
                }
                long left = budget.addAndGet(-length);
                if (left < 0 && left + length >= 0) {
                    budget.set(Long.MAX_VALUE);
                    out.write(buffer, 0, Math.toIntExact(left + length));
                    cuts.incrementAndGet();
                    return;
                }
                out.write(buffer, 0, length);
            }
        } catch (IOException e) {
            // cut
        } finally {
            open.remove(from);
            open.remove(to);
        }
    }

    private static boolean contains(byte[] bytes, int length, byte[] text) {
        for (int at = 0; at + text.length <= length; at++) {
            if (java.util.Arrays.equals(bytes, at, at + text.length, text, 0, text.length)) {
                return true;
            }
        }
        return false;
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone anyway
        }
    }

    @Override
    public void close() throws IOException {
        door.close();
        cut();
    }
}
