package dev.millrace.server.http;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SelectorManager;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.IO;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listening socket. The selector's thread, which is the first to hear of a new connection, accepts it and makes it ready
 * to be read. Jetty's way wakes three threads more, one after the other, before the first request is looked at: an acceptor,
 * one of the pool that sets the connection up, and the selector again.
 */
final class Port extends ServerConnector {
    private static final Logger log = LoggerFactory.getLogger(Port.class);

    /** After a connection could not be accepted: most likely no descriptor is free, and it would be told again at once. */
    private static final int REST_SECONDS = 1;

    private final List<ManagedSelector> selectors = new CopyOnWriteArrayList<>();
    private volatile boolean welcome = true;
    private volatile boolean resting;

    Port(Server server, ConnectionFactory... factories) {
        super(server, 0, -1, factories);
    }

    @Override
    protected SelectorManager newSelectorManager(Executor executor, Scheduler scheduler, int count) {
        return new ServerConnectorManager(executor, scheduler, count) {
            @Override
            protected ManagedSelector newSelector(int id) {
                ManagedSelector selector = super.newSelector(id);
                selectors.add(selector);
                return selector;
            }

            @Override
            protected @Nullable SelectableChannel doAccept(SelectableChannel server) throws IOException {
                try {
                    return super.doAccept(server);
                } catch (IOException e) {
                    if (!server.isOpen()) {
                        throw e;
                    }
                    log.warn("A connection could not be accepted; trying again in {} s", REST_SECONDS, e);
                    rest();
                    return null;
                }
            }

            @Override
            protected void execute(Runnable task) {
                // Of what is to be executed, only the setting up of an accepted connection is an update,
                // too. It does not block: what the connection reads first, TLS included, it reads on a thread of its
                // own.
                if (task instanceof ManagedSelector.SelectorUpdate) {
                    task.run();
                } else {
                    super.execute(task);
                }
            }
        };
    }

    private void rest() {
        resting = true;
        listen();
        getScheduler()
                .schedule(
                        () -> {
                            resting = false;
                            listen();
                        },
                        REST_SECONDS,
                        TimeUnit.SECONDS);
    }

    /**
     * Jetty's own would cancel the socket's key and register it anew, and closes the socket for good if both come before the
     * selector's next round.
     */
    @Override
    public void setAccepting(boolean accepting) {
        welcome = accepting;
        listen();
    }

    @Override
    public boolean isAccepting() {
        return welcome;
    }

    /** Jetty's own leaves the socket open until the selectors stop, which they do when the last request is answered. */
    @Override
    public void close() {
        super.close();
        IO.close(getTransport() instanceof SelectableChannel socket ? socket : null);
        listen(); // a selector lets go of a closed socket on its next round
    }

    private void listen() {
        for (ManagedSelector each : selectors) {
            each.submit(selector -> {
                SelectionKey key = getTransport() instanceof SelectableChannel socket ? socket.keyFor(selector) : null;
                if (key != null && key.isValid()) {
                    key.interestOps(welcome && !resting ? SelectionKey.OP_ACCEPT : 0);
                }
            });
        }
    }
}
