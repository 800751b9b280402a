package dev.millrace.engine.store.postgres;

import dev.millrace.core.Doorbell;
import dev.millrace.engine.store.sql.Joining;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the other processes what was written here, by NOTIFY. What there is to tell gathers while the last word is under
 * way; of one context only the last offset is told.
 *
 * <p>It is said after the commit, over a connection of its own, and not in the transaction: PostgreSQL holds one lock for
 * the whole cluster from the NOTIFY to the end of its commit, so chunks would wait for the fsync of everybody's messages.
 * What is lost thereby in a crash between the two is found by whoever looks again.
 */
final class Ringer {
    private static final Logger LOG = LoggerFactory.getLogger(Ringer.class);

    /** How long to wait for an answer, before the connection is given up. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Duration PAUSE = Duration.ofMillis(500);

    private final Connections connections;
    private final String sender;
    private final String channel;
    private final Map<String, Long> changed = new ConcurrentHashMap<>();
    private final Set<String> listed = ConcurrentHashMap.newKeySet();
    private final Doorbell bell = new Doorbell();
    private final Thread thread;
    private volatile boolean runnable;
    private volatile boolean hello;
    private volatile boolean look;
    private volatile boolean alone = true;
    private volatile boolean closed;
    private @Nullable Connection connection;

    Ringer(Connections connections, String sender, String channel) {
        this.connections = connections;
        this.sender = sender;
        this.channel = channel;
        thread = Thread.ofPlatform().name("millrace-postgres-ringer").daemon().unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Nobody listens: nothing is told until somebody comes. */
    void alone(boolean now) {
        alone = now;
    }

    void changed(String contextId, long lastOffset) {
        if (!alone) {
            changed.merge(contextId, lastOffset, Math::max);
            bell.ring();
        }
    }

    void listed(String owner) {
        if (!alone) {
            listed.add(owner);
            bell.ring();
        }
    }

    void runnable() {
        runnable = true;
        bell.ring();
    }

    void hello() {
        hello = true;
        bell.ring();
    }

    void lookAgain() {
        look = true;
        bell.ring();
    }

    private void run() {
        try {
            do {
                bell.await();
                tell();
            } while (!closed);
        } catch (InterruptedException e) {
            LOG.debug("nobody interrupts the ringer", e);
        }
        drop();
    }

    private void tell() throws InterruptedException {
        List<String> words = gather();
        if (words.isEmpty()) {
            return;
        }
        try {
            say(Words.payloads(sender, words));
        } catch (SQLException e) {
            LOG.debug("others were not told, they find out when they look again: {}", e.toString());
            drop();
            if (!closed && bell.await(PAUSE)) {
                bell.ring();
            }
        }
    }

    private List<String> gather() {
        var words = new ArrayList<String>();
        if (hello) {
            hello = false;
            words.add(Words.HELLO);
        }
        if (look) {
            look = false;
            words.add(Words.LOOK);
        }
        if (runnable) {
            runnable = false;
            words.add(Words.RUNNABLE);
        }
        for (String contextId : List.copyOf(changed.keySet())) {
            Long offset = changed.remove(contextId);
            if (offset != null) {
                words.add(Words.changed(contextId, offset));
            }
        }
        for (String owner : List.copyOf(listed)) {
            if (listed.remove(owner)) {
                words.add(Words.listed(owner));
            }
        }
        return words;
    }

    private void say(List<String> payloads) throws SQLException {
        Connection current = connection == null ? connections.forSigns(PATIENCE) : connection;
        connection = current;
        try (PreparedStatement notify =
                current.prepareStatement("SELECT pg_notify(?, word) FROM unnest(?) AS w (word)")) {
            notify.setString(1, channel);
            notify.setArray(2, current.createArrayOf("text", payloads.toArray()));
            notify.executeQuery().close();
        }
    }

    private void drop() {
        if (connection != null) {
            Connections.closeQuietly(connection);
            connection = null;
        }
    }

    /** Tells what is left. */
    void close() {
        closed = true;
        bell.ring();
        Joining.join(thread);
    }
}
