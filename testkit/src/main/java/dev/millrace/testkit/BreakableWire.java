package dev.millrace.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The network between a client and a TCP server: a port of the loopback address whose connections go on to the server's,
 * until they are cut, stalled or refused. Any thread.
 */
public final class BreakableWire implements AutoCloseable {
    private final ServerSocket door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private volatile InetSocketAddress target;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition flows = lock.newCondition();
    private boolean stalled;
    private volatile boolean refusing;

    /** @param target the server, which need not be there yet */
    public BreakableWire(InetSocketAddress target) throws IOException {
        this.target = target;
        Thread.startVirtualThread(this::accept);
    }

    /** What clients connect to, on 127.0.0.1. */
    public int port() {
        return door.getLocalPort();
    }

    /** New connections go to this server from now on. */
    public void leadTo(InetSocketAddress server) {
        target = server;
    }

    /** Closes every connection; new ones get through. */
    public void cut() {
        open.forEach(BreakableWire::close);
    }

    /** Closes every connection, and each new one at once, until {@link #mend}. */
    public void refuse() {
        refusing = true;
        cut();
    }

    /** Holds back every byte, in both directions, and closes nothing, until {@link #mend}. */
    public void stall() {
        lock.lock();
        try {
            stalled = true;
        } finally {
            lock.unlock();
        }
    }

    /** Lets everything through again, first of all what was held back. */
    public void mend() {
        refusing = false;
        lock.lock();
        try {
            stalled = false;
            flows.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                Socket client = door.accept();
                if (refusing) {
                    client.close();
                } else {
                    Thread.startVirtualThread(() -> connect(client));
                }
            } catch (IOException e) {
                // closed, or a client that has left already
            }
        }
    }

    private void connect(Socket client) {
        var server = new Socket();
        open.add(client);
        open.add(server);
        try {
            server.connect(target);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
        } catch (IOException e) {
            forget(client, server); // nobody is there
            return;
        }
        if (refusing) {
            forget(client, server);
            return;
        }
        Thread.startVirtualThread(() -> copy(client, server));
        copy(server, client);
    }

    private void copy(Socket from, Socket to) {
        byte[] buffer = new byte[64 * 1024];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int length = in.read(buffer); length > 0; length = in.read(buffer)) {
                awaitFlow();
                out.write(buffer, 0, length);
            }
        } catch (IOException e) {
            // cut, by whichever side
        } finally {
            forget(from, to);
        }
    }

    private void awaitFlow() {
        lock.lock();
        try {
            while (stalled) {
                flows.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private void forget(Socket one, Socket other) {
        open.remove(one);
        open.remove(other);
        close(one);
        close(other);
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
        refuse();
        mend();
    }
}
